"""The outcome of an evaluation, as a table and as JSON."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from omnigan import __version__
from omnigan.evaluation.memorisation import Pair
from omnigan.evaluation.provenance import Provenance

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Evaluation", "Row", "finite", "formatted"]


@dataclass(frozen=True)
class Row:
    """One number and its floor.

    Attributes:
        metric: Name of the metric.
        part: What it is about where a metric has several values (a track, say), or ``""``.
        value: Of the generated examples; NaN where there was nothing to measure.
        floor: The same of real examples: what a perfect model would get.
        better: ``match`` (the floor is best), ``lower`` or ``higher``.
        digits: Decimals worth printing.
        provenance: What the number was computed from.
    """

    metric: str
    part: str
    value: float
    floor: float
    better: str
    digits: int
    provenance: Provenance

    @property
    def name(self) -> str:
        """Metric and part in one."""
        return f"{self.metric} {self.part}".rstrip()


@dataclass(frozen=True)
class Evaluation:
    """What was measured, and on what.

    Attributes:
        rows: The numbers.
        samples: Generated examples.
        held_out: Held-out examples.
        train: Training examples.
        seed: Of every draw.
        features: What to know about the features behind the scores of distributions, or ``""``.
        too_few: Why there are none of these scores, and what to write to have them, or ``""``.
        failed: Sentences about what could not be computed.
        closest: Generated examples with the training examples (by their number in the source)
            nearest to them, closest first. Nearest is in the data, or in the features where the
            data are symbols.
        version: omnigan's.
        pairs: The generated and the training examples of ``closest``, both ``[N, *shape]``.
    """

    rows: tuple[Row, ...]
    samples: int
    held_out: int
    train: int
    seed: int
    features: str = ""
    too_few: str = ""
    failed: tuple[str, ...] = ()
    closest: tuple[Pair, ...] = ()
    version: str = __version__
    pairs: tuple[Tensor, Tensor] | None = field(default=None, repr=False, compare=False)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Why some numbers are not there, in sentences."""
        return (*filter(None, [self.too_few]), *self.failed)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values; a number that is not finite becomes None.

        Each row names its provenance by the key that it has under ``provenances``.
        """
        return {
            "rows": [_row(row) for row in self.rows],
            "samples": self.samples,
            "held_out": self.held_out,
            "train": self.train,
            "seed": self.seed,
            "features": self.features,
            "too_few": self.too_few,
            "failed": [*self.failed],
            "closest": [asdict(pair) for pair in self.closest],
            "version": self.version,
            "provenances": {row.provenance.id: asdict(row.provenance) for row in self.rows},
        }

    def table(self) -> str:
        """Return aligned text."""
        if not self.rows:
            return "\n".join([self._counts(), *(self.gaps or ["There is no metric."]), ""])
        lines = [("metric", "", "generated", "floor", "better")]
        metric = None
        for row in self.rows:
            numbers = formatted(row.value, row.digits), formatted(row.floor, row.digits)
            name = row.metric if row.metric != metric else ""
            lines.append((name, row.part, *numbers, row.better))
            metric = row.metric
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = "\n".join(
            f"{name:{widths[0]}}  {part:{widths[1]}}  {value:>{widths[2]}}  {floor:>{widths[3]}}"
            f"  {better}"
            for name, part, value, floor, better in lines
        )
        return f"{self._header()}\n\n{text}\n"

    def _header(self) -> str:
        lines = [
            self._counts(),
            *([f"features: {self.features}."] if self.features else []),
            *self.gaps,
            "floor: the same measure of real data: of the held-out examples where the set stands",
            "alone, of training against held-out examples where it is compared with held-out ones",
            "or told from them, of held-out against training examples where it is compared with",
            "training ones. better: match means that the floor itself is best.",
        ]
        return "\n".join(lines)

    def _counts(self) -> str:
        return (
            f"{self.samples} generated, {self.held_out} held-out and {self.train} training "
            f"examples, seed {self.seed}, omnigan {self.version}."
        )


def _row(row: Row) -> dict[str, Any]:
    return {
        "metric": row.metric,
        "part": row.part,
        "value": finite(row.value),
        "floor": finite(row.floor),
        "better": row.better,
        "provenance": row.provenance.id,
    }


def finite(value: float) -> float | None:
    """Return a number, or None, which JSON has a word for, where it is not finite."""
    return value if math.isfinite(value) else None


def formatted(value: float, digits: int) -> str:
    """Return a number with so many decimals, or a dash where there is none."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"
