"""What a rehearsal of a run found, in words and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from omnigan.domain import Artifact, Space
from omnigan.durations import spoken
from omnigan.pauses import Pause
from omnigan.wording import numbered

__all__ = ["CheckReport", "Memory"]

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
