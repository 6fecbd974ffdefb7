"""Clips that are nearly the same waveform, at any level."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from omnigan.datasets.copies import Clusters, Groups, close_pairs, squared_distances

__all__ = ["nearly_equal", "sketch"]

_SIZE = 256
_NEAR = 0.02  # distance of two waveforms of power 1, a correlation of 0.9998


@lru_cache(maxsize=4)
def _places(length: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    rng = np.random.default_rng(0)
    return rng.integers(0, _SIZE, length), rng.choice((-1.0, 1.0), length)


def sketch(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``[256]`` of a waveform ``[T]``, brought to a power of 1.

    Distances of sketches are those of the waveforms to within a tenth: each sample is added to one
    of the numbers, or taken off it, by chance (Charikar et al. 2002, "Finding frequent items in
    data streams").
    """
    places, signs = _places(len(x))
    power = float(np.linalg.norm(x.astype(np.float64)))
    sums = np.bincount(places, signs * x, _SIZE)
    return np.asarray(sums / max(power, 1e-12), np.float32)


def nearly_equal(sketches: Sequence[NDArray[np.float32]], most: int) -> Groups | None:
    """Group clips whose waveforms differ by less than a 50th: copies with another word length.

    Args:
        sketches: What :func:`sketch` returned for each.
        most: The largest group to believe in.

    Returns:
        The groups; None if one is larger, so that these are no copies but sounds of one kind.
    """
    if not sketches:
        return np.zeros(0, np.int64)
    points = np.stack(sketches)
    clusters = Clusters(len(points))
    for some, others in close_pairs(points, _NEAR):
        is_near = squared_distances(points[some], points[others]) < _NEAR**2
        for row, column in np.argwhere(is_near):
            if clusters.join(int(some[row]), int(others[column])) > most:
                return None
    return clusters.groups()
