"""Labels in the shares that the training data has, evenly spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from omnigan.engine import seeds

__all__ = ["drawn_labels", "in_shares"]

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


def drawn_labels(counts: Sequence[int], labels: int, n: int, seed: int) -> list[int]:
    """Return the numbers of the labels of ``n`` examples that nobody has asked one for.

    Args:
        counts: As in :func:`in_shares`; empty where nobody knows: each label is then as likely.
        labels: How many there are.
        n: How many examples.
        seed: Says where the sequence begins, or draws each label.
    """
    if counts:
        return in_shares(counts, n, _drawn(sum(counts), seed, 0))
    return [_drawn(labels, seed, number) for number in range(n)]


def _drawn(below: int, seed: int, number: int) -> int:
    return int(torch.randint(below, (), generator=seeds.generator(seed, "label", number)))
