"""Curves with few points that look like curves with many."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["thin"]

MOST = 1000


def thin(values: NDArray[np.float64], most: int = MOST) -> NDArray[np.intp]:
    """Choose points of a curve: the first, the last, the least and the greatest of each stretch.

    A line through them covers the same pixels as one through all points (Jugel et al. 2014, "M4: A
    Visualization-Oriented Time Series Data Aggregation").

    Args:
        values: ``[N]``, finite.
        most: How many points may stay, at least 4.

    Returns:
        Their places in ``values``, ascending: all of them if they are few enough.
    """
    count = len(values)
    if count <= most:
        return np.arange(count)
    edges = np.linspace(0, count, most // 4 + 1).astype(np.intp)
    kept = {
        int(place)
        for start, end in pairwise(edges)
        for place in (
            start,
            start + values[start:end].argmin(),
            start + values[start:end].argmax(),
            end - 1,
        )
    }
    return np.array(sorted(kept), dtype=np.intp)
