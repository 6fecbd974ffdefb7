"""A trained generator: load it, draw from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from omnigan.density import ChunkedDensity
from omnigan.domain import Artifact, Batch, Conditions, Density, Domain
from omnigan.engine import checkpoint, seeds
from omnigan.engine.checkpoint import BadCheckpoint, Checkpoint
from omnigan.engine.device import pick_device
from omnigan.engine.runfolder import RunFolder
from omnigan.errors import UserError, did_you_mean, listed
from omnigan.exporting.read import is_export, read_export
from omnigan.hub.reference import Reference, is_reference
from omnigan.modelfile import build_generator, read_domain

__all__ = ["Trained", "load", "run_of"]

LARGEST_SEED = 2**63 - 1
CHUNK = 16


class Trained:
    """A generator with the weights' moving average, ready to sample.

    Attributes:
        domain: The domain, resolved; it needs no training data to sample.
        step: Training steps behind the weights.
        network: The generator.
        device: Where it lives.
        commit: Which commit of a repository of the Hub it is, if it came from there.
    """

    def __init__(
        self,
        domain: Domain,
        network: nn.Module,
        step: int,
        device: torch.device,
        commit: str | None = None,
    ) -> None:
        self.domain = domain
        self.step = step
        self.network = network.to(device).eval().requires_grad_(False)
        self.device = device
        self.commit = commit

    def generate(
        self,
        n: int,
        seed: int = 0,
        label: str | Sequence[str] | None = None,
        wishes: Sequence[str] = (),
    ) -> Batch:
        """Return ``n`` examples as tensors, with the conditions they were made for.

        Example number ``i`` depends on ``seed``, ``i`` and its label alone, not on ``n``.

        Args:
            n: How many.
            seed: Of the latent vectors.
            label: The label of all examples, or one for each. Without it, a conditional generator
                gives each example a label drawn from the seed.
            wishes: Texts that the domain turns into inputs of all examples; see
                :meth:`omnigan.domain.Domain.ask`.

        Raises:
            UserError: ``n`` is below 1, the seed is out of range, or there is no such label, or
                the domain does not know a wish.
        """
        if n < 1:
            raise UserError(f"count must be at least 1, not {n}.")
        if not 0 <= seed <= LARGEST_SEED:
            raise UserError(f"seed must be from 0 to {LARGEST_SEED}, not {seed}.")
        labels = self.choose_labels(n, seed, label)
        asked = self.asked(n, seed, wishes)
        latents = {name: asked.pop(name) for name in self.latents(1, seed) if name in asked}
        cond = self.conditions(labels, seed, asked)
        # What a wish asks for may be as long as a user's file: such examples are made one by one.
        return Batch(self._made(n, seed, {**latents, **cond}, 1 if wishes else CHUNK), cond)

    def generate_for(self, cond: Conditions, seed: int = 0) -> Batch:
        """Return an example for each of some conditions ``[N, ...]``."""
        return Batch(self._made(len(next(iter(cond.values()))), seed, cond, CHUNK), cond)

    def density(self, like: Batch, seed: int = 0, wishes: Sequence[str] = ()) -> Density | None:
        """Return the log-likelihood of examples under this generator.

        Args:
            like: Examples to try it on; the first is looked at.
            seed: Of latent vectors, where the likelihood is an estimate.
            wishes: What the generator is asked for, as in :meth:`generate`.

        Returns:
            A function that gives the same for the same examples; None where there is no density.
        """
        asked = self.asked(1, seed, wishes)
        density = ChunkedDensity(self.domain, self.network, self.device, asked, seed)
        first = Batch(like.x[:1], {name: value[:1] for name, value in like.cond.items()})
        return density if density.known(first) else None

    def sample(
        self, n: int, seed: int = 0, label: str | None = None, wishes: Sequence[str] = ()
    ) -> list[Any]:
        """Return ``n`` natural objects of the domain (``pretty_midi.PrettyMIDI``, say)."""
        return self.domain.objects(self.generate(n, seed, label, wishes).x)

    def render(self, x: Tensor, folder: str | Path) -> list[Artifact]:
        """Write examples ``[B, *shape]`` as files into a folder, made if missing.

        There is one for each example, and an overview where the domain has one.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        return [*self.domain.render(x, folder), *self.domain.overview(x, folder)]

    def latents(self, n: int, seed: int) -> dict[str, Tensor]:
        """Return the latent inputs of examples 0 to n - 1, on the CPU, each ``[n, ...]``."""
        return _joined([self._latent(index, seed) for index in range(n)])

    def _latent(self, index: int, seed: int) -> dict[str, Tensor]:
        return self.domain.latent(1, seeds.generator(seed, "sample", index))

    def conditions(
        self, labels: Sequence[str | None], seed: int, asked: Conditions | None = None
    ) -> dict[str, Tensor]:
        """Return the conditions of examples with these labels, each ``[n, ...]``.

        Args:
            labels: One for each example.
            seed: Of what the labels leave open.
            asked: Conditions ``[n, ...]`` that are given.
        """
        each = []
        for index, label in enumerate(labels):
            given = {} if label is None else dict(self.domain.condition(label, 1))
            given |= {name: value[index : index + 1] for name, value in (asked or {}).items()}
            each.append(self.domain.complete(given, seeds.generator(seed, "condition", index)))
        return _joined(each)

    def asked(self, n: int, seed: int, wishes: Sequence[str]) -> dict[str, Tensor]:
        """Return the inputs ``[n, ...]`` that a user asks for.

        Raises:
            UserError: The domain does not know a wish.
        """
        rngs = [seeds.generator(seed, "wish", index) for index in range(n)]
        asked: dict[str, Tensor] = {}
        for wish in wishes:
            asked |= _joined([self.domain.ask(wish, rng) for rng in rngs])
        return asked

    def decode(self, inputs: Conditions, chunk: int = CHUNK) -> Tensor:
        """Return the examples ``[n, *shape]`` of latent vectors and conditions.

        The network always runs on a full chunk: kernels differ in the last bit between batch
        sizes, and an example must not depend on how many were asked for.
        """
        count = len(next(iter(inputs.values())))
        return self._decoded(count, lambda rows: _at(inputs, rows), chunk)

    def _made(self, n: int, seed: int, given: Conditions, chunk: int) -> Tensor:
        """Return examples 0 to n - 1 with some inputs ``[n, ...]`` given and the others drawn.

        They are drawn chunk by chunk: a generator may take much more noise than it gives numbers.
        """

        def inputs(rows: Tensor) -> Conditions:
            drawn = {index: self._latent(index, seed) for index in set(rows.tolist())}
            latents = _joined([drawn[index] for index in rows.tolist()])
            return {**latents, **_at(given, rows)}

        return self._decoded(n, inputs, chunk)

    def _decoded(self, n: int, inputs: Callable[[Tensor], Conditions], chunk: int) -> Tensor:
        made = []
        for first in range(0, n, chunk):
            rows = torch.arange(first, first + chunk).clamp(max=n - 1)
            part = {name: value.to(self.device) for name, value in inputs(rows).items()}
            with torch.no_grad():
                # What is asked for replaces what is scheduled.
                x = self.network(**{**self.domain.controls(1.0), **part}).float().cpu()
            made.append(x[: n - first])
        return torch.cat(made)

    def choose_labels(
        self, n: int, seed: int, label: str | Sequence[str] | None
    ) -> list[str | None]:
        """Return one label for each of n examples; see :meth:`generate`.

        Raises:
            UserError: There is no such label.
        """
        known = list(self.domain.labels())
        if label is None:
            if not known:
                return [None] * n
            draws = [
                int(torch.randint(len(known), (), generator=seeds.generator(seed, "label", i)))
                for i in range(n)
            ]
            return [known[draw] for draw in draws]
        wanted = [label] * n if isinstance(label, str) else list(label)
        known = [name if name.isprintable() else ascii(name) for name in known]
        for name in sorted(set(wanted) - set(self.domain.labels())):
            allowed = f"Labels: {listed(known)}." if known else "This generator has no labels."
            raise UserError(f"There is no label '{name}'.{did_you_mean(name, known)} {allowed}")
        return [*wanted]

    def preview(self, n: int, seed: int = 0) -> Batch:
        """Return ``n`` examples to look at: sorted by label, as many of each as can be."""
        known = self.domain.labels()
        labels = [known[i * len(known) // n] for i in range(n)] if known else None
        return self.generate(n, seed, labels)


def _at(inputs: Conditions, rows: Tensor) -> dict[str, Tensor]:
    return {name: value[rows] for name, value in inputs.items()}


def _joined(parts: Sequence[Conditions]) -> dict[str, Tensor]:
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def load(path: str | Path, device: str = "cpu", *, best: bool = False) -> Trained:
    """Load an export, the newest whole checkpoint of a run, or the run's best weights.

    Args:
        path: An export, a run folder, or one checkpoint folder in it; or ``hub:owner/name``, an
            export on the Hugging Face Hub, with ``@`` and a branch, a tag or a commit behind it.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        best: The weights that did best in the evaluations of the run (``log.evaluate_every``).

    Raises:
        UserError: There is no run and no export, or its files do not fit together.
        OmniganError: The Hub cannot be reached.
    """
    folder, commit = _here(path)
    if not folder.is_dir():
        raise UserError(f"There is no run folder '{path}'.")
    if is_export(folder):
        if best:
            raise UserError(f"{folder} is an export, which has one set of weights: no --best.")
        return Trained(*read_export(folder), pick_device(device), commit)
    run, choices = _checkpoints(folder, best)
    domain = read_domain(run.config)
    problems = []
    for choice in choices:
        try:
            checkpoint.read_state(choice)
            weights = checkpoint.read_part(choice, "ema")
        except BadCheckpoint as error:
            problems.append(str(error))
            continue
        network = build_generator(domain, run.config)
        checkpoint.fill(network, weights, f"{choice.folder}/ema.safetensors")
        return Trained(domain, network, choice.step, pick_device(device))
    why = f" ({'; '.join(problems)})" if problems else ""
    raise UserError(f"{folder} has no checkpoint that can be loaded{why}.")


def _here(path: str | Path) -> tuple[Path, str | None]:
    """Return a folder on this machine, and its commit if it comes from the Hub."""
    if not is_reference(path):
        return Path(path), None
    from omnigan.hub.download import fetch

    fetched = fetch(Reference.of(path))
    return fetched.folder, fetched.commit


def run_of(folder: Path) -> RunFolder:
    """Return the run that a folder is, or is a checkpoint of."""
    return RunFolder(folder.parent.parent if checkpoint.NAME.match(folder.name) else folder)


def _checkpoints(folder: Path, best: bool) -> tuple[RunFolder, list[Checkpoint]]:
    """Return a run and what may be loaded of it, newest first.

    Raises:
        UserError: There are no best weights.
    """
    run = run_of(folder)
    one = checkpoint.NAME.match(folder.name)
    if one:
        choices = [Checkpoint(folder, int(one[1]))]
    else:
        choices = checkpoint.find(run.best if best else run.checkpoints)
    if best and (one or not choices):
        raise UserError(
            f"{folder} has no best weights. A run keeps them if log.evaluate_every is set; to load "
            "the newest, leave out --best."
        )
    return run, choices
