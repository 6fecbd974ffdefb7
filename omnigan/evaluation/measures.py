"""Which metrics a domain's examples are measured by."""

from __future__ import annotations

from omnigan.domain import Domain, Metric
from omnigan.evaluation.recognition import RECOGNITION
from omnigan.evaluation.scores import LIKENESS, SCORES

__all__ = ["COUNTED", "engine_metrics", "own_metrics"]

COUNTED = ("held-out", "train")
"""Comparisons of sets, which depend on how many examples there are."""


def own_metrics(domain: Domain) -> dict[str, Metric]:
    """Return the domain's metrics that say something about its generator.

    Where each example is made for the conditions of a held-out one, it is near that one however it
    sounds or looks: compared as sets they would seem better than any real examples.
    """
    return {
        name: metric
        for name, metric in domain.metrics().items()
        if not (domain.paired and metric.against in COUNTED)
    }


def engine_metrics(domain: Domain) -> list[str]:
    """Return the names of the engine's own scores that a domain may have."""
    names = [*SCORES, *RECOGNITION]
    return [name for name in names if not (domain.paired and name in LIKENESS)]
