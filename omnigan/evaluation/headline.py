"""The one number of an evaluation that says which weights are best."""

from __future__ import annotations

import math

from omnigan.domain import Domain
from omnigan.errors import UserError, did_you_mean, listed
from omnigan.evaluation.measures import engine_metrics, own_metrics
from omnigan.evaluation.results import Evaluation, Row

__all__ = ["headline", "headline_metric"]


def headline_metric(domain: Domain, wish: str) -> str:
    """Return the metric that ``log.best`` names; ``auto`` is the domain's choice.

    Raises:
        UserError: There is no such metric.
    """
    name = domain.headline if wish == "auto" else wish
    known = [*own_metrics(domain), *engine_metrics(domain)]
    if name not in known:
        raise UserError(
            f"log.best: there is no metric '{name}'.{did_you_mean(name, known)} "
            f"Metrics: {listed(known)}."
        )
    return name


def headline(evaluation: Evaluation, metric: str) -> float:
    """Return how far an evaluation is from the best that a metric can be: less is better.

    For a metric that is to match its floor it is the distance to that. Of several parts, such as
    tracks, it is the mean.

    Returns:
        NaN where the evaluation has no finite value of this metric.
    """
    distances = [_distance(row) for row in evaluation.rows if row.metric == metric]
    finite = [distance for distance in distances if math.isfinite(distance)]
    return sum(finite) / len(finite) if finite else math.nan


def _distance(row: Row) -> float:
    if row.better == "match":
        return abs(row.value - row.floor)
    return row.value if row.better == "lower" else -row.value
