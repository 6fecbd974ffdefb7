"""What passes between a domain and the engine: examples, judgements, files, measures.

They are values without behaviour of their own; :mod:`omnigan.domain`, which has all of them, says
what a domain does with them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import torch
from torch import Tensor

from omnigan.section import DomainConfig, Section

__all__ = [
    "Artifact",
    "Batch",
    "BatchSource",
    "Conditions",
    "Density",
    "DomainConfig",
    "Draw",
    "EmbeddingDiscriminator",
    "FileExamples",
    "Judgement",
    "Judgements",
    "Metric",
    "Notify",
    "Section",
    "Source",
    "Space",
    "Split",
    "Standalone",
    "silent",
]

Split = Literal["train", "valid"]
Conditions = Mapping[str, Tensor]


@dataclass(frozen=True)
class Space:
    """What the discriminator sees of one example, without the batch axis.

    Attributes:
        shape: Sizes of the axes, for instance ``(C, H, W)``.
        low: Smallest value an example may hold.
        high: Largest value an example may hold.
        symbols: In a discrete space, how many symbols there are. Examples then hold whole numbers
            from 0 to ``symbols - 1``, as float32. In training mode the generator may return a
            relaxation of them ``[B, *shape, symbols]`` that passes gradient on, each row a
            distribution or a single 1; the discriminator takes both, and is an
            :class:`EmbeddingDiscriminator`. None: a continuous space.
    """

    shape: tuple[int, ...]
    low: float = -1.0
    high: float = 1.0
    symbols: int | None = None


@dataclass(frozen=True)
class Batch:
    """Examples with their conditions.

    Attributes:
        x: ``[B, *space.shape]`` float32 within ``[space.low, space.high]``. What
            :meth:`Source.read` returns is one example and has no batch axis.
        cond: Tensors ``[B, ...]`` by name, the keyword arguments of both networks.
    """

    x: Tensor
    cond: Conditions = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.x.shape[0])

    def to(self, device: torch.device) -> Batch:
        """Return the same batch on another device."""
        cond = {name: value.to(device, non_blocking=True) for name, value in self.cond.items()}
        return Batch(self.x.to(device, non_blocking=True), cond)

    @staticmethod
    def stack(examples: Sequence[Batch]) -> Batch:
        """Collate single examples into a batch."""
        names = examples[0].cond.keys()
        cond = {name: torch.stack([example.cond[name] for example in examples]) for name in names}
        return Batch(torch.stack([example.x for example in examples]), cond)


@dataclass(frozen=True)
class Judgement:
    """What a discriminator makes of a batch.

    Attributes:
        logits: One tensor ``[B, ...]`` for each critic.
        features: Activations on the way there, for a generator loss that matches them.
    """

    logits: Sequence[Tensor]
    features: Sequence[Tensor] = ()

    @staticmethod
    def of(output: Tensor | Sequence[Tensor] | Judgement) -> Judgement:
        """Return what a discriminator returned in its longest form."""
        if isinstance(output, Judgement):
            return output
        return Judgement([output] if isinstance(output, Tensor) else output)


@dataclass(frozen=True)
class Judgements:
    """What the discriminator makes of the two batches of a generator update.

    Attributes:
        generated: With its graph.
        real: Without graph; None where neither the adversarial loss nor features ask for it.
    """

    generated: Judgement
    real: Judgement | None = None


@runtime_checkable
class EmbeddingDiscriminator(Protocol):
    """A discriminator that looks at examples through an embedding.

    ``forward(x, **cond)`` is ``judge(embed(x), **cond)``. Gradient penalties are taken with respect
    to the embedding, since there is no gradient with respect to a symbol.
    """

    def embed(self, x: Tensor) -> Tensor:
        """Return ``[B, ...]`` floats for examples or their relaxations."""
        ...

    def judge(self, embedded: Tensor, **cond: Tensor) -> Tensor | Sequence[Tensor] | Judgement:
        """Return logits for what :meth:`embed` returned."""
        ...


@dataclass(frozen=True)
class Artifact:
    """One file that a person can open."""

    path: Path
    kind: Literal["image", "audio", "midi", "text"]
    caption: str = ""


@dataclass(frozen=True)
class FileExamples:
    """What was read of a user's own file.

    Attributes:
        x: The examples ``[N, *shape]``.
        texts: Each of them in words, as a line of a text; empty where that makes no sense.
        left_out: How much of the file is no example and why, as a sentence; ``""``: nothing.
    """

    x: Tensor
    texts: Sequence[str] = ()
    left_out: str = ""

    @staticmethod
    def of(found: Tensor | FileExamples) -> FileExamples:
        """Return what was read in its longest form."""
        return found if isinstance(found, FileExamples) else FileExamples(found)


class Source(Protocol):
    """A finite, random-access set of examples."""

    def __len__(self) -> int: ...

    def read(self, index: int, rng: torch.Generator) -> Batch:
        """Return one example (no batch axis); any augmentation draws from ``rng`` alone."""
        ...


@runtime_checkable
class BatchSource(Source, Protocol):
    """A source that reads a whole batch faster than one example after the other."""

    def read_batch(self, indices: Sequence[int], rng: torch.Generator) -> Batch:
        """Return examples ``[len(indices), ...]``; any augmentation draws from ``rng`` alone."""
        ...

    def resident(self, device: torch.device) -> BatchSource:
        """Return this source with its examples kept on a device, if they are few enough."""
        ...


Values = float | Mapping[str, float]

Density = Callable[[Batch], Tensor]
"""Log-likelihoods ``[N]`` of examples under a generator, in nats, without graph."""


@dataclass(frozen=True)
class Metric:
    """A measure of a set of examples.

    Attributes:
        compute: Called as ``compute(x)`` when ``against`` is None, else ``compute(x, reference)``;
            both are ``[N, *space.shape]`` on the CPU. Returns one number or several by name.
            Against a density, ``compute(generated, held_out, density)``, two batches and a
            :data:`Density`.
        against: What the set is compared with: nothing (a statistic, such as notes per bar), the
            held-out examples (a distance), the training examples (originality), where
            :attr:`Domain.paired`, the real example of the same conditions, the conditions that
            each example was made for (obedience), a mapping as in :attr:`Batch.cond`, or the
            generator's density, where it has one: such a metric has no floor.
        better: ``"match"`` when the best value is that of real held-out data.
        digits: Decimals worth printing.
        means: Names of the values that are means over the examples, ``""`` where there is just one:
            they are expected to be the same however many examples there are, and are taken of all.
            Other comparisons with real examples, and their floors, are taken of equally many.
    """

    compute: Callable[..., Values]
    against: Literal["held-out", "train", "paired", "conditions", "density"] | None = None
    better: Literal["match", "lower", "higher"] = "match"
    digits: int = 3
    means: Collection[str] = ()


@dataclass(frozen=True)
class Draw:
    """How a program that has nothing but numpy comes by an input of the generator.

    Attributes:
        kind: ``normal`` (each number from the standard normal distribution), ``gumbel`` (each from
            the standard Gumbel distribution), ``uniform`` (each between ``low`` and ``high``),
            ``choice`` (whole numbers, each of ``values`` as likely as the others), ``setting`` (one
            float32 number that a user may choose, ``usual`` unless they do: a temperature, say) or
            ``given`` (nobody can draw it: a spectrogram, say).
        low: Of ``uniform``, and the least that a ``setting`` may be.
        high: Of ``uniform``, and the most that a ``setting`` may be.
        usual: Of ``setting``.
        values: Of ``choice``: a list for each label, or just one that is the same for all.
        about: Of ``given``: what it is made of, and how (JSON values).
        example: Of ``given``: examples ``[n, ...]``, that an export is tried on.
        axes: Of ``given``: names of axes that may have any size, by place; 0 is the batch.
        reader: Of ``given``: the module whose ``read(path, about)`` makes one of a user's file; a
            part of ``example.py``, as :attr:`Standalone.writer` is.
    """

    kind: Literal["normal", "gumbel", "uniform", "choice", "setting", "given"] = "normal"
    low: float = -1.0
    high: float = 1.0
    usual: float = 0.0
    values: Sequence[Sequence[int]] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    example: Tensor | None = None
    axes: Mapping[int, str] = field(default_factory=dict)
    reader: str = "omnigan.exporting.onnx.numpy_file"


@dataclass(frozen=True)
class Standalone:
    """What a program needs to know to use a generator without its domain.

    Attributes:
        draws: How inputs are drawn, by name. Latent tensors that are not among them are standard
            normal, if they are no whole numbers, and conditions are those of a label.
        show: What examples are, and all it takes to write one as a file (JSON values). ``kind`` is
            ``image``, ``piano-roll``, ``waveform``, ``text``, ``numbers`` or one of your own.
        writer: The module whose ``write(x, show, stem)`` does that. It works by itself: it imports
            nothing but numpy and the standard library, and its source becomes a part of the
            ``example.py`` of an export.
    """

    draws: Mapping[str, Draw] = field(default_factory=dict)
    show: Mapping[str, Any] = field(default_factory=lambda: {"kind": "numbers"})
    writer: str = "omnigan.exporting.onnx.numbers_file"


Notify = Callable[[str, int, int], None]
"""Called as ``notify("reading files", done, total)`` during long work."""


def silent(what: str, done: int, total: int) -> None:
    """A :data:`Notify` that says nothing."""
