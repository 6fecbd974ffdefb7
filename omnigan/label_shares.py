"""Labels in the shares that the training data has, evenly spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["in_shares"]

_MOST = 2**16
"""Length of the sequence that is repeated; shares are met as closely as it allows."""


def in_shares(counts: Sequence[int], n: int, start: int = 0) -> list[int]:
    """Return the numbers of the labels of ``n`` examples, each as often as its share of the data.

    They are a stretch of one endless sequence, in which the examples of each label have equal
    distances. A sequence as long as the data repeats itself with just its counts, and of equally
    many of each label come in turn.

    Args:
        counts: How many examples of the data have each label; at least one has any.
        n: How many.
        start: Where in the sequence.
    """
    total = sum(counts)
    if total > _MOST:
        counts = [max(1, count * _MOST // total) if count else 0 for count in counts]
    places = np.concatenate([(np.arange(count) + 0.5) / max(1, count) for count in counts])
    owners = np.repeat(np.arange(len(counts)), counts)[places.argsort(kind="stable")]
    numbers: list[int] = owners[(start % len(owners) + np.arange(n)) % len(owners)].tolist()
    return numbers
