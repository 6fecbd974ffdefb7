"""A trained generator, and what it makes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from omnigan.arguments import Label, seed_in_range, several, whole
from omnigan.density import ChunkedDensity
from omnigan.domain import Artifact, Batch, Conditions, Density, Domain, Notify, silent
from omnigan.engine import seeds
from omnigan.engine.device import free_memory
from omnigan.engine.fingerprint import Fingerprints
from omnigan.engine.real import rows_of_labels
from omnigan.errors import UserError, listed
from omnigan.inputs import at_rows, joined
from omnigan.label_choice import chosen_labels
from omnigan.returned import conditions, latent, objects, rendered, wished
from omnigan.soundness import require_finite

__all__ = ["Trained"]

CHUNK = 16
BESIDES = 1024
"""Bytes that an example takes besides its numbers: its label, its conditions, their names."""
USUAL_MEMORY = 2**36
"""Bytes, where a machine does not tell how many are free."""
_CPU = torch.device("cpu")


class Trained:
    """A generator with the weights' moving average, ready to sample.

    Attributes:
        domain: The domain, resolved; it needs no training data to sample.
        step: Training steps behind the weights.
        network: The generator.
        device: Where it lives.
        commit: Which commit of a repository of the Hub it is, if it came from there.
        origin: What it was loaded from, if it was.
        label_counts: How many training examples each label had; empty where nobody knows.
        fingerprints: Of the examples of its training; empty where nobody knows.
    """

    def __init__(
        self,
        domain: Domain,
        network: nn.Module,
        step: int,
        device: torch.device,
        commit: str | None = None,
        *,
        origin: str | Path = "",
        label_counts: Sequence[int] = (),
        fingerprints: Fingerprints | None = None,
    ) -> None:
        self.domain = domain
        self.step = step
        self.network = network.to(device).eval().requires_grad_(False)
        self.device = device
        self.commit = commit
        self.origin = str(origin)
        self.label_counts = label_counts
        self.fingerprints = fingerprints or {}

    @property
    def labels(self) -> list[str]:
        """The labels that examples may be asked for with; empty where there are none."""
        return list(self.domain.labels())

    @property
    def has_latents(self) -> bool:
        """Whether chance has a say in an example; else it follows from its conditions alone."""
        return bool(self.domain.latent(1, torch.Generator()))

    def generate(
        self,
        n: int,
        seed: int = 0,
        label: Label | Sequence[Label] | None = None,
        wishes: str | Sequence[str] = (),
        notify: Notify = silent,
    ) -> Batch:
        """Return ``n`` examples as tensors, with the conditions they were made for.

        Example number ``i`` depends on ``seed``, ``i`` and its label alone, not on ``n``.

        Args:
            n: How many.
            seed: Of the latent vectors.
            label: The label of all examples, or one for each; a number is the label of that name.
                Without it, a conditional generator gives them labels in the shares of its training
                data, beginning where the seed says; where those are not known, each a label drawn
                from the seed.
            wishes: A text, or several, that the domain turns into inputs of all examples; see
                :meth:`omnigan.domain.Domain.ask`.
            notify: Told how many are done.

        Raises:
            UserError: ``n``, the seed, a label, their number or a wish cannot be meant.
            NotFinite: The examples hold NaN or infinite values.
        """
        n, seed = whole("n", n, 1), seed_in_range(seed)
        labels = self.choose_labels(n, seed, label)
        asked = self.asked(n, seed, wishes)
        usual = self.latents(1, seed)
        chunk = self._chunk(asked, usual)
        latents = {name: asked.pop(name) for name in usual if name in asked}
        cond = self.conditions(labels, seed, asked)
        return Batch(self._made(n, seed, {**latents, **cond}, chunk, notify), cond)

    def _chunk(self, asked: Conditions, usual: Conditions) -> int:
        """Return how many examples to make at once: fewer of long ones, as of a user's file.

        Args:
            asked: The inputs ``[n, ...]`` that were asked for.
            usual: The latent inputs of one example that it has otherwise.
        """
        if not asked:
            return CHUNK
        if not usual:
            return 1  # there is one example of what is asked for, however many are wanted
        numbers = {name: value[0].numel() for name, value in usual.items()}
        other = math.prod(self.domain.space.shape)
        longest = max(v[0].numel() / (numbers.get(name) or other) for name, v in asked.items())
        return max(1, int(CHUNK / max(1.0, longest)))

    def refuse_too_many(self, n: int) -> None:
        """Refuse more examples than memory can hold, before a machine is brought down by them.

        This is for what users ask for: a run that has gone on for days is better off trying.

        Raises:
            UserError: There is too little for ``n`` examples.
        """
        # As numbers of four bytes, and as much again for what becomes of them.
        needed = whole("n", n, 1) * (8 * math.prod(self.domain.space.shape) + BESIDES)
        free = free_memory(_CPU)
        if needed > (USUAL_MEMORY if free is None else free):
            known = "" if free is None else f", and {_gigabytes(free)} are free"
            raise UserError(
                f"{n:,} samples would take {_gigabytes(needed)} of memory{known}. Ask for fewer at "
                "a time, with another seed each time."
            )

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
        first = Batch(like.x[:1], at_rows(like.cond, slice(1)))
        return density if density.known(first) else None

    def sample(
        self,
        n: int,
        seed: int = 0,
        label: Label | Sequence[Label] | None = None,
        wishes: str | Sequence[str] = (),
    ) -> list[Any]:
        """Return ``n`` natural objects of the domain (``pretty_midi.PrettyMIDI``, say).

        The arguments are those of :meth:`generate`.

        Raises:
            UserError: As in :meth:`generate`, or there is too little memory for so many.
        """
        self.refuse_too_many(n)
        return objects(self.domain, self.generate(n, seed, label, wishes).x)

    def render(self, x: Tensor, folder: str | Path, notify: Notify = silent) -> list[Artifact]:
        """Write examples ``[B, *shape]`` as files into a folder, made if missing.

        There is one for each example, and an overview where the domain has one.

        Args:
            x: The examples.
            folder: Where they go.
            notify: Told how many are written, by domains that tell.
        """
        Path(folder).mkdir(parents=True, exist_ok=True)
        return rendered(self.domain, x, Path(folder), notify)

    def latents(self, n: int, seed: int) -> dict[str, Tensor]:
        """Return the latent inputs of examples 0 to n - 1, on the CPU, each ``[n, ...]``."""
        return joined([self._latent(index, seed) for index in range(n)])

    def _latent(self, index: int, seed: int) -> dict[str, Tensor]:
        return latent(self.domain, 1, seeds.generator(seed, "sample", index))

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
            chosen = at_rows(asked or {}, slice(index, index + 1))
            rng = seeds.generator(seed, "condition", index)
            each.append(conditions(self.domain, label, chosen, rng))
        return joined(each)

    def asked(self, n: int, seed: int, wishes: str | Sequence[str]) -> dict[str, Tensor]:
        """Return the inputs ``[n, ...]`` that a user asks for.

        Raises:
            UserError: The domain does not know a wish, or two of them are about one input.
        """
        rngs = [seeds.generator(seed, "wish", index) for index in range(n)]
        asked: dict[str, Tensor] = {}
        for wish in several(wishes):
            inputs = joined([wished(self.domain, wish, rng) for rng in rngs])
            if twice := sorted(asked.keys() & inputs.keys()):
                raise UserError(f"condition {wish}: the {listed(twice, 'and')} is said twice.")
            asked |= inputs
        return asked

    def decode(self, inputs: Conditions, chunk: int = CHUNK) -> Tensor:
        """Return the examples ``[n, *shape]`` of latent vectors and conditions.

        The network always runs on a full chunk: kernels differ in the last bit between batch
        sizes, and an example must not depend on how many were asked for.
        """
        count = len(next(iter(inputs.values())))
        return self._decoded(count, lambda rows: at_rows(inputs, rows), chunk)

    def _made(
        self, n: int, seed: int, given: Conditions, chunk: int, notify: Notify = silent
    ) -> Tensor:
        """Return examples 0 to n - 1 with some inputs ``[n, ...]`` given and the others drawn.

        They are drawn chunk by chunk: a generator may take much more noise than it gives numbers.
        """

        def inputs(rows: Tensor) -> Conditions:
            drawn = {index: self._latent(index, seed) for index in set(rows.tolist())}
            latents = joined([drawn[index] for index in rows.tolist()])
            return {**latents, **at_rows(given, rows)}

        return self._decoded(n, inputs, chunk, notify)

    def _decoded(
        self, n: int, inputs: Callable[[Tensor], Conditions], chunk: int, notify: Notify = silent
    ) -> Tensor:
        made: Tensor | None = None
        for first in range(0, n, chunk):
            notify("generating samples", first, n)
            rows = torch.arange(first, first + chunk).clamp(max=n - 1)
            part = {name: value.to(self.device) for name, value in inputs(rows).items()}
            with torch.no_grad():
                # What is asked for replaces what is scheduled.
                x = self.network(**{**self.domain.controls(1.0), **part}).float().cpu()
            made = x.new_empty(n, *x.shape[1:]) if made is None else made  # held once, not twice
            made[first : first + chunk] = x[: n - first]
        notify("generating samples", n, n)
        assert made is not None
        return require_finite(made, self.network)

    def choose_labels(
        self, n: int, seed: int = 0, label: Label | Sequence[Label] | None = None
    ) -> list[str | None]:
        """Return the labels of the examples that :meth:`generate` and :meth:`sample` make.

        The arguments are theirs. Where there are no labels, each is None.

        Raises:
            UserError: There is no such label, or another number of them than of examples.
        """
        n, seed = whole("n", n, 1), seed_in_range(seed)
        return chosen_labels(self.labels, self.label_counts, n, seed, label)

    def preview(self, n: int, seed: int = 0) -> Batch:
        """Return ``n`` examples to look at: sorted by label, as many of each as can be."""
        return self.generate(n, seed, rows_of_labels(self.labels, n) or None)


def _gigabytes(number: int) -> str:
    return f"{number / 1e9:,.1f} GB"
