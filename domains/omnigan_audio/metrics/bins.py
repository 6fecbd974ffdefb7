"""The number of statistically different bins (Richardson and Weiss 2018), on log-mel features.

"On GANs and GMMs". The training examples are sorted into bins, the cells of k-means; another set
is sorted into the same bins, and each bin whose share of examples differs more than chance allows
is counted. Unlike a distance between Gaussians it sees modes that are missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from omnigan_audio.metrics.clusters import k_means, nearest_centre

__all__ = ["BINS", "Bins", "different_bins", "divergence"]

BINS = 50
_FEWEST = 10  # training examples of a bin on average
_Z = 1.959964  # two-sided 5 %


@dataclass(frozen=True)
class Bins:
    """Cells that training examples were sorted into.

    Attributes:
        centres: ``[bins, F]``.
        counts: Training examples in each, ``[bins]``.
    """

    centres: Tensor
    counts: Tensor

    @classmethod
    def of(cls, train: Tensor, bins: int = BINS) -> Bins:
        """Sort training features ``[N, F]`` into bins: fewer where there are under 10 for each."""
        centres = k_means(train, max(1, min(bins, len(train) // _FEWEST)))
        return cls(centres, _counted(train, centres))

    def count(self, features: Tensor) -> Tensor:
        """Return how many of some features ``[N, F]`` fall into each bin, ``[bins]``."""
        return _counted(features, self.centres)


def _counted(features: Tensor, centres: Tensor) -> Tensor:
    return torch.bincount(nearest_centre(features, centres), minlength=len(centres))


def different_bins(counts: Tensor, reference: Tensor) -> int:
    """Return in how many bins two shares differ by a two-proportion z test at 5 %.

    Of two samples of one distribution that are about 5 % of the bins.

    Args:
        counts: Examples in each bin, ``[bins]``.
        reference: The same of the other set.
    """
    n, m = counts.sum(), reference.sum()
    shares, expected = counts.double() / n, reference.double() / m
    pooled = (counts + reference).double() / (n + m)
    error = (pooled * (1 - pooled) * (1 / n + 1 / m)).sqrt()
    return int(((shares - expected).abs() > _Z * error).sum())


def divergence(counts: Tensor, reference: Tensor) -> float:
    """Return the Jensen-Shannon divergence of two histograms ``[bins]`` in nats, 0 to ln 2."""
    p, q = counts.double() / counts.sum(), reference.double() / reference.sum()
    middle = (p + q) / 2

    def relative(share: Tensor) -> Tensor:
        return torch.where(share > 0, share * (share / middle).log(), 0.0).sum()

    return min(math.log(2), max(0.0, float(relative(p) + relative(q)) / 2))
