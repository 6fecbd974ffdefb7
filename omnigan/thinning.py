"""Fewer things, spread evenly over many."""

from __future__ import annotations

__all__ = ["evenly"]


def evenly(total: int, n: int) -> list[int]:
    """Return ``n`` places from 0 to ``total - 1``, in order, as evenly spread as can be.

    The first is always there. Where ``n`` is more than ``total``, places come several times.
    """
    return [number * total // n for number in range(n)]
