"""How well numbers rank real examples above others: the area under the ROC curve."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["Numbers", "auc", "auc_interval"]

Numbers = NDArray[np.float64]


def auc(real: Numbers, others: Numbers) -> float:
    """Return the share of pairs in which the real example has the larger number; a tie is half.

    It is the statistic of Mann and Whitney (1947) over the number of pairs.
    """
    ranks = _midranks(np.concatenate([real, others]))
    wins = ranks[: len(real)].sum() - len(real) * (len(real) + 1) / 2
    return float(wins / (len(real) * len(others)))


def _midranks(values: Numbers) -> Numbers:
    """Return ranks from 1; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    ranks: Numbers = (last - (counts - 1) / 2)[place]
    return ranks


def auc_interval(area: float, real: int, others: int, z: float = 1.959964) -> tuple[float, float]:
    """Return the confidence interval of an area, 95 % for the default ``z``.

    It is method 5 of Newcombe (2006): all areas from which the one that was found is not too far,
    by the variance that Hanley and McNeil (1982) give for them. Unlike an interval made with an
    estimate of the variance, it does not shrink to a point where all is told apart.

    Args:
        area: The area that was found.
        real: Number of real examples.
        others: Number of the others.
        z: Quantile of the normal distribution.
    """
    more = (real + others) / 2 - 1

    def is_far(true: float) -> bool:
        spread = 1 + more * (1 - true) / (2 - true) + more * true / (1 + true)
        variance = true * (1 - true) * spread / (real * others)
        return abs(area - true) > z * math.sqrt(variance)

    def end(outside: float) -> float:
        inside = area
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if is_far(middle) else (middle, outside)
        return inside

    return end(0.0), end(1.0)
