"""A rehearsal of a run: does it fit, how big is it, how long will it take?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from omnigan.breaches import failures_of_rules_in_words, refuse_breaches
from omnigan.domain import Artifact, Batch, Domain, Notify, Space, silent
from omnigan.durations import spoken
from omnigan.engine.device import (
    free_memory,
    pick_device,
    require_few,
    resident_memory,
    set_threads,
)
from omnigan.engine.evaluating import deciding_metric
from omnigan.engine.likelihood import require_density
from omnigan.engine.loading import BatchOrder, check_enough
from omnigan.engine.losses import as_list
from omnigan.engine.seeds import generator
from omnigan.engine.step import Adversaries
from omnigan.engine.stopping import stopping_of
from omnigan.errors import UserError
from omnigan.evaluation.enough import few_held_out
from omnigan.pauses import Pause, pauses
from omnigan.recipe.load import LoadedRecipe
from omnigan.recipe.schema import Recipe
from omnigan.rehearsal import rehearse, seconds_by_threads
from omnigan.wording import numbered

__all__ = ["CheckReport", "Memory", "check"]

Shape = tuple[int, ...]
WORTH = 0.9
"""A number of threads is only recommended if it takes less than this share of the time."""


@dataclass(frozen=True)
class Memory:
    """What networks and their training hold at once, in bytes.

    Attributes:
        weights: Both networks and the generator's moving average.
        gradients: Of both networks.
        optimizers: Adam's two moments of both networks.
        activations: Most that backward was waiting for during one step, measured.
    """

    weights: int
    gradients: int
    optimizers: int
    activations: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizers + self.activations


@dataclass(frozen=True)
class CheckReport:
    """What :func:`check` found. Shapes have the batch axis, except ``space``.

    Attributes:
        domain: Name of the domain.
        device: Where it was rehearsed, and where the run would be.
        space: Shape and range of one example.
        train: Number of training examples.
        valid: Number of held-out examples.
        latent: Shapes of the generator's inputs.
        conditions: Shapes of the conditions.
        logits: Shapes of the discriminator's outputs.
        generator: Parameters of the generator.
        discriminator: Parameters of the discriminator.
        memory: An estimate.
        free: Bytes that the device had to give before; None where nobody knows.
        accumulate: The least ``train.accumulate`` that fits easily; None where nobody knows, and
            where not even one example at a time would.
        beside: Bytes of main memory that Python, its libraries and the data took before there were
            networks; None where nobody knows, and where the networks are not in main memory.
        steps: Length of the run.
        seconds_per_step: Measured mean of a few steps, of networks that are not compiled.
        pauses: What the run does between its steps.
        compiled: Whether the run would compile them.
        threads: Median seconds of a step with every penalty, by number of CPU threads; empty on
            other devices, on one core, and where a step takes too long to try it.
        artifacts: One real example, rendered.
        data: What the domain says about its data, in sentences.
    """

    domain: str
    device: str
    space: Space
    train: int
    valid: int
    latent: dict[str, Shape]
    conditions: dict[str, Shape]
    logits: list[Shape]
    generator: int
    discriminator: int
    memory: Memory
    free: int | None
    accumulate: int | None
    beside: int | None
    steps: int
    seconds_per_step: float
    pauses: list[Pause]
    compiled: bool
    threads: dict[int, float]
    artifacts: list[Artifact]
    data: list[str]

    @property
    def seconds(self) -> float:
        """How long the run would take, as far as that was measured."""
        paused = sum(pause.times * (pause.seconds or 0) for pause in self.pauses)
        return self.steps * self.seconds_per_step + paused

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        files = [{**asdict(a), "path": str(a.path)} for a in self.artifacts]
        plain = asdict(replace(self, artifacts=[]))
        plain["memory"]["total"] = self.memory.total
        return {**plain, "seconds": self.seconds, "artifacts": files}

    def text(self) -> str:
        """Return lines for a person."""
        space, memory = self.space, self.memory
        rows = {
            "domain": self.domain,
            "device": self.device,
            "examples": f"{self.train} training, {self.valid} held out",
            "example": f"{_axes(space.shape)} from {space.low:g} to {space.high:g}",
            "latent": _named(self.latent),
            "conditions": _named(self.conditions) or "none",
            "logits": ", ".join(map(_axes, self.logits)),
            "generator": f"{self.generator:,} parameters",
            "discriminator": f"{self.discriminator:,} parameters",
            "memory": f"about {_bytes(memory.total)}: weights {_bytes(memory.weights)}, gradients "
            f"{_bytes(memory.gradients)}, Adam {_bytes(memory.optimizers)}, activations "
            f"{_bytes(memory.activations)}{_apart(self.beside)}",
            "does not fit": self._excess(),
            "time": f"about {spoken(self.seconds)}: {numbered(self.steps, 'step')} of "
            f"{self.seconds_per_step:.3g} s{' without train.compile' if self.compiled else ''}"
            f"{''.join(f'; {pause.text()}' for pause in self.pauses)}",
            "threads": _compared(self.threads),
            "one example": ", ".join(str(artifact.path) for artifact in self.artifacts),
        }
        rows = {name: value for name, value in rows.items() if value}
        return "\n".join([*self.data, *(f"{name:13}  {value}" for name, value in rows.items())])

    def _excess(self) -> str:
        """Say what to do about more memory than there is; empty where it is enough."""
        if self.free is None or self.memory.total <= self.free:
            return ""
        if self.accumulate is None:
            advice = "not even one example at a time fits: make the networks or the data smaller"
        else:
            advice = f"write train.accumulate={self.accumulate}"
        return f"{_bytes(self.free)} are free on {self.device}; {advice}, or take a larger machine"


def check(
    loaded: LoadedRecipe,
    folder: Path,
    notify: Notify = silent,
    say: Callable[[str], None] = lambda sentence: None,
) -> CheckReport:
    """Read the data, build the networks, take a few steps and forget them.

    Args:
        loaded: The recipe.
        folder: Where one real example is rendered.
        notify: Told about long work.
        say: Told what was found in data that the recipe cannot run with: often it is the reason.

    Raises:
        UserError: The recipe cannot run with this data or on this machine.
        OmniganError: The domain breaks a rule.
    """
    device = pick_device(loaded.recipe.train.device)
    require_few(loaded.recipe.train.threads, "train.threads")
    require_few(loaded.recipe.train.workers, "train.workers")
    set_threads(loaded.recipe.train.threads)
    domain = loaded.domain_class(loaded.domain_config).resolve(notify)
    name = loaded.recipe.domain
    with failures_of_rules_in_words(domain, name):
        refuse_breaches(domain, name)
        try:
            return _rehearsed(domain, loaded.recipe, device, folder, notify)
        except UserError:
            for sentence in _found(domain):
                say(sentence)
            raise


def _found(domain: Domain) -> list[str]:
    few = few_held_out(domain)
    return [*domain.describe().get("summary", ()), *([few] if few else [])]


def _rehearsed(
    domain: Domain, recipe: Recipe, device: torch.device, folder: Path, notify: Notify
) -> CheckReport:
    source = domain.source("train")
    check_enough(source, recipe.train.batch_size)
    stopping_of(domain, recipe.train)
    if recipe.log.evaluate_every:
        deciding_metric(domain, recipe)
    order = BatchOrder(source, recipe.train.batch_size, recipe.seed)
    folder.mkdir(parents=True, exist_ok=True)
    memory, threads = free_memory(device), dict[int, float]()
    beside = resident_memory() if device.type == "cpu" else None
    with torch.random.fork_rng():
        # Compiling takes minutes, and would be most of what is measured.
        settings = recipe.train.model_copy(update={"compile": "none"})

        def players() -> Adversaries:
            fresh = Adversaries(domain, settings, recipe.seed, device)
            require_density(domain, fresh.average, recipe.train)
            if recipe.train.objective == "adversarial":
                fresh.ended = 0  # a warm-up says nothing about the steps after it
            return fresh

        found = rehearse(players, order, notify, memory)
        if device.type == "cpu" and found.whole:
            threads = seconds_by_threads(found.players, order, notify, found.seconds)
        between = pauses(found.players, recipe, folder, found.whole)
        needed = _memory(found.players, found.activations)
        latent, logits = _outputs(found.players, order[0].to(device))
    return CheckReport(
        domain=recipe.domain,
        device=str(device),
        space=domain.space,
        train=len(source),
        valid=len(domain.source("valid")),
        latent={name: tuple(value.shape) for name, value in latent.items()},
        conditions={name: tuple(value.shape) for name, value in order[0].cond.items()},
        logits=[tuple(value.shape) for value in logits],
        generator=_count(found.players.generator),
        discriminator=_count(found.players.discriminator),
        memory=needed,
        free=memory,
        accumulate=found.accumulate(order.batch_size, needed.total - needed.activations),
        beside=beside,
        steps=recipe.train.total_steps(),
        seconds_per_step=found.seconds,
        pauses=between,
        compiled=recipe.train.compile != "none",
        threads=threads,
        artifacts=domain.render(source.read(0, torch.Generator()).x[None], folder),
        data=_found(domain),
    )


@torch.no_grad()
def _outputs(players: Adversaries, real: Batch) -> tuple[dict[str, Tensor], list[Tensor]]:
    latent = players.domain.latent(len(real), generator(players.seed, "check"))
    return latent, as_list(players.discriminator(real.x, **real.cond))


def _count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def _memory(players: Adversaries, activations: int) -> Memory:
    networks = players.generator, players.discriminator
    trained = [weight for network in networks for weight in network.parameters()]
    weights = chain(trained, players.average.parameters())
    size = _size(trained)
    return Memory(_size(weights), size, 2 * size, activations)


def _size(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _axes(shape: Shape) -> str:
    return f"[{', '.join(map(str, shape))}]"


def _named(shapes: Mapping[str, Shape]) -> str:
    return ", ".join(f"{name} {_axes(shape)}" for name, shape in shapes.items())


def _compared(threads: Mapping[int, float]) -> str:
    """Say how long a step takes on how many threads, and whether another number is better."""
    if not threads:
        return ""
    used, best = torch.get_num_threads(), min(threads, key=threads.__getitem__)
    found = ", ".join(f"{seconds:.3g} s on {count}" for count, seconds in threads.items())
    worth = best != used and threads[best] < WORTH * threads[used]
    advice = f"; train.threads={best} would be faster" if worth else ""
    return f"a step with every penalty takes {found}; {used} would be used{advice}"


def _apart(beside: int | None) -> str:
    """Say what memory goes to other things than networks and their training."""
    return "" if beside is None else f"; Python and the data take {_bytes(beside)} beside that"


def _bytes(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"
