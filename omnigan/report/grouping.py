"""Which readings share a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from omnigan.recipe.schema import PENALTIES
from omnigan.report.charts import Chart, Series
from omnigan.report.readings import Readings

__all__ = ["number", "reading_charts", "rows", "score_charts", "speed_chart"]

MOST_METRICS = 24


@dataclass(frozen=True)
class _Group:
    """Readings of the engine that belong together."""

    title: str
    unit: str
    names: Mapping[str, str]
    bounds: tuple[float, float] | None = None


_PLAYERS = ("discriminator", "generator")
_GROUPS = (
    _Group("Losses", "loss", dict(zip(("d_loss", "g_loss"), _PLAYERS, strict=True))),
    _Group(
        "Discriminator accuracy",
        "share of pairs told apart; 0.5 is a fair game",
        {"d_accuracy": "accuracy"},
        (0.0, 1.0),
    ),
    _Group("Judgement", "mean logit", {"d_real": "on real", "d_fake": "on generated"}),
    _Group("Gradient penalties", "before their weight", {name: name for name in PENALTIES}),
    _Group("Gradients", "norm", dict(zip(("d_gradient", "g_gradient"), _PLAYERS, strict=True))),
    _Group("Likelihood loss", "nats a token", {"likelihood_loss": "training examples"}),
    _Group("Held-out likelihood", "nats a token", {"held_out_likelihood": "held-out examples"}),
    _Group(
        "Augmentation", "share", {"augment": "strength", "overfitting": "overfitting"}, (0.0, 1.0)
    ),
)


def reading_charts(readings: Readings) -> list[Chart]:
    """Return a chart for each group of readings that has any, then one for each other reading."""
    groups = list(_GROUPS)
    known = {name for group in groups for name in group.names}
    others = [_Group(name, "value", {name: name}) for name in readings.series if name not in known]
    charts = []
    for group in [*groups, *others]:
        there = [name for name in group.names if name in readings.series]
        if there:
            series = [Series(group.names[name], *readings.series[name]) for name in there]
            charts.append(Chart(group.title, group.unit, series, _within(group.bounds, series)))
    return charts


def _within(
    bounds: tuple[float, float] | None, series: Sequence[Series]
) -> tuple[float, float] | None:
    """Return bounds if every value keeps to them."""
    if bounds is None:
        return None
    values = np.concatenate([np.asarray(each.y) for each in series])
    return bounds if bounds[0] <= values.min() and values.max() <= bounds[1] else None


def speed_chart(timings: Readings) -> Chart | None:
    """Return steps a second over steps, or None where less than two times are known."""
    if "seconds" not in timings.series:
        return None
    steps, seconds = map(np.asarray, timings.series["seconds"])
    done, taken = np.diff(steps), np.diff(seconds)
    # A resumed process begins to count at 0, and may do steps again.
    usable = (done > 0) & (taken > 0) & (steps[1:] > np.maximum.accumulate(steps)[:-1])
    if not usable.any():
        return None
    speed = done[usable] / taken[usable]
    return Chart("Speed", "steps a second", [Series("with all work", steps[1:][usable], speed)])


def score_charts(readings: Readings, headline: str | None) -> list[Chart]:
    """Return a chart of each metric over the evaluations, if there are several.

    Args:
        readings: Of ``metrics.jsonl``.
        headline: The metric to begin with.
    """
    found: dict[str, dict[str, list[tuple[int, float, float | None]]]] = {}
    for step, evaluation in readings.evaluations:
        for row in rows(evaluation):
            value = number(row.get("value"))
            if value is not None:
                parts = found.setdefault(str(row.get("metric", "")), {})
                entry = step, value, number(row.get("floor"))
                parts.setdefault(str(row.get("part") or ""), []).append(entry)
    if len(readings.evaluations) < 2:
        return []
    names = sorted(found, key=lambda name: name != headline)[:MOST_METRICS]
    return [
        Chart(
            name,
            "dashed: real data",
            [
                Series(
                    part or "generated", [e[0] for e in there], [e[1] for e in there], there[-1][2]
                )
                for part, there in found[name].items()
            ],
            marks=True,
        )
        for name in names
    ]


def rows(evaluation: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the rows of an evaluation as far as they are such."""
    found = evaluation.get("rows")
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def number(value: object) -> float | None:
    """Return a finite number, or None where there is none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300:
        return float(value)
    return None
