"""All of a domain's metrics of generated examples, each beside the value of real ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from omnigan import __version__
from omnigan.domain import Batch, Domain, Metric, Notify, Source, Split, silent
from omnigan.engine import seeds
from omnigan.errors import UserError
from omnigan.evaluation.two_sample import LEAST, two_sample

__all__ = ["Evaluation", "Row", "evaluate"]

_CPU = torch.device("cpu")
# Comparing with all of a large training set would fill the memory: at most so many numbers of it.
_MOST_VALUES = 1 << 27


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
    """

    metric: str
    part: str
    value: float
    floor: float
    better: str
    digits: int


@dataclass(frozen=True)
class Evaluation:
    """What was measured, and on what.

    Attributes:
        rows: The numbers.
        samples: Generated examples.
        held_out: Held-out examples.
        train: Training examples.
        seed: Of every draw.
        version: omnigan's.
    """

    rows: tuple[Row, ...]
    samples: int
    held_out: int
    train: int
    seed: int
    version: str = __version__

    def to_json(self) -> dict[str, Any]:
        """Return JSON values; a number that is not finite becomes None."""
        rows = [
            {key: _finite(value) for key, value in asdict(row).items() if key != "digits"}
            for row in self.rows
        ]
        return {**asdict(replace(self, rows=())), "rows": rows}

    def table(self) -> str:
        """Return aligned text."""
        lines = [("metric", "", "generated", "floor", "better")]
        metric = None
        for row in self.rows:
            numbers = _number(row.value, row.digits), _number(row.floor, row.digits)
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
        return (
            f"{self.samples} generated, {self.held_out} held-out and {self.train} training "
            f"examples, seed {self.seed}, omnigan {self.version}.\n"
            "floor: the same measure of real data: of the held-out examples where the set stands\n"
            "alone, of training against held-out examples where it is compared with held-out ones\n"
            "or told from them, of held-out against training examples where it is compared with\n"
            "training ones. better: match means that the floor itself is best."
        )


def evaluate(
    domain: Domain,
    generated: Batch,
    *,
    samples: int,
    seed: int,
    notify: Notify = silent,
    device: torch.device = _CPU,
) -> Evaluation:
    """Compute every metric of a domain, with the floor that real data sets, and the critic's test.

    Examples of both splits are read as training reads them, with augmentation drawn from the
    evaluation seed.

    Args:
        domain: Supplies the metrics and the data.
        generated: Generated examples with their conditions.
        samples: Most held-out examples to draw, without replacement; all of them if fewer.
        seed: Of every draw.
        notify: Told how many metrics are done.
        device: Where the critic of :func:`~omnigan.evaluation.two_sample.two_sample` is trained.

    Raises:
        UserError: There are no held-out or no training examples.
    """
    generated = generated.to(_CPU)
    metrics = domain.metrics()
    real = _read(domain, metrics, samples, seed)
    rows: list[Row] = []
    for done, (name, metric) in enumerate(metrics.items()):
        notify("evaluating", done, len(metrics) + 1)
        rows += _rows(name, metric, generated.x, real)
    notify("evaluating", len(metrics), len(metrics) + 1)
    rows += _told(domain, generated, real, seed, device)
    notify("evaluating", len(metrics) + 1, len(metrics) + 1)
    return Evaluation(tuple(rows), len(generated), len(real.held_out), len(real.train), seed)


@dataclass(frozen=True)
class _Real:
    """Real examples; ``like`` are as many training as held-out ones, if there are so many."""

    held_out: Batch
    train: Batch
    like: Batch


def _read(domain: Domain, metrics: Mapping[str, Metric], samples: int, seed: int) -> _Real:
    held_out = _draw(domain, "valid", samples, seed)
    most = len(held_out)
    if any(metric.against == "train" for metric in metrics.values()):
        most = max(most, _MOST_VALUES // held_out.x[0].numel())
    train = _draw(domain, "train", most, seed)
    some = torch.randperm(len(train), generator=seeds.generator(seed, "evaluate floor"))
    some = some[: len(held_out)].sort().values  # in order, so that neighbours stay neighbours
    like = Batch(train.x[some], {name: value[some] for name, value in train.cond.items()})
    return _Real(held_out, train, like)


def _draw(domain: Domain, split: Split, most: int, seed: int) -> Batch:
    """Return at most so many examples of a split, in the order of the source."""
    source: Source = domain.source(split)
    if not len(source):
        kind = "training" if split == "train" else "held-out"
        raise UserError(f"There are no {kind} examples, so nothing can be evaluated.")
    order = torch.randperm(len(source), generator=seeds.generator(seed, f"evaluate {split}"))
    chosen = order[:most].sort().values.tolist()
    return Batch.stack(
        [source.read(i, seeds.generator(seed, f"evaluate read {split}", i)) for i in chosen]
    )


def _rows(name: str, metric: Metric, generated: Tensor, real: _Real) -> list[Row]:
    held_out, train = real.held_out.x, real.train.x
    if metric.against is None:
        value, floor = metric.compute(generated), metric.compute(held_out)
    elif metric.against == "held-out":
        value, floor = metric.compute(generated, held_out), metric.compute(real.like.x, held_out)
    else:
        value, floor = metric.compute(generated, train), metric.compute(held_out, train)
    values, floors = _named(value), _named(floor)
    return [
        Row(name, part, number, floors.get(part, math.nan), metric.better, metric.digits)
        for part, number in values.items()
    ]


def _named(values: float | Mapping[str, float]) -> dict[str, float]:
    if isinstance(values, Mapping):
        return {part: float(value) for part, value in values.items()}
    return {"": float(values)}


def _told(
    domain: Domain, generated: Batch, real: _Real, seed: int, device: torch.device
) -> list[Row]:
    """Return the critic's rows; none where there are too few examples for it."""
    if min(len(generated), len(real.held_out), len(real.like)) < LEAST:
        return []
    told = two_sample(domain, real.held_out, generated, seed, device=device)
    floor = two_sample(domain, real.held_out, real.like, seed, device=device)
    parts = {
        f"accuracy on {told.n}": (told.accuracy, floor.accuracy),
        "95 % from": (told.low, floor.low),
        "95 % to": (told.high, floor.high),
    }
    return [Row("told from real", part, *pair, "lower", 3) for part, pair in parts.items()]


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"
