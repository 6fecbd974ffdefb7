"""The one figure of an evaluation that says which weights are best."""

from __future__ import annotations

import math
from dataclasses import dataclass

from omnigan.domain import Domain
from omnigan.errors import UserError, did_you_mean, listed
from omnigan.evaluation.measures import engine_metrics, own_metrics
from omnigan.evaluation.results import Evaluation, Row

__all__ = ["Headline", "headline", "headline_metric"]


@dataclass(frozen=True)
class Headline:
    """How well an evaluation does by a metric; as it is, worse than any other.

    Attributes:
        distance: From the best that the metric can be: less is better. For a metric that is to
            match its floor it is the distance to that.
        parts: How many finite values it is the mean of.
    """

    distance: float = math.inf
    parts: int = 0

    def beats(self, other: Headline) -> bool:
        """Tell whether this is better.

        Whatever has more parts is: a collapse may leave nothing to measure in one of them.
        """
        return (-self.parts, self.distance) < (-other.parts, other.distance)


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


def headline(evaluation: Evaluation, metric: str) -> Headline:
    """Return how well an evaluation does by a metric.

    Of several parts, such as tracks, the distance is the mean.
    """
    distances = [_distance(row) for row in evaluation.rows if row.metric == metric]
    finite = [distance for distance in distances if math.isfinite(distance)]
    return Headline(sum(finite) / len(finite) if finite else math.inf, len(finite))


def _distance(row: Row) -> float:
    if row.better == "match":
        return abs(row.value - row.floor)
    return row.value if row.better == "lower" else -row.value
