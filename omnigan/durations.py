"""Durations for people."""

from __future__ import annotations

from itertools import pairwise

__all__ = ["spoken"]


def spoken(seconds: float) -> str:
    """Return "45 s", "3 min 20 s", "2 h 5 min" or "3 d 4 h"."""
    whole = round(seconds)
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    for (name, size), (smaller, part) in pairwise(units):
        if whole >= size:
            count, rest = divmod(whole, size)
            return f"{count} {name} {rest // part} {smaller}" if rest // part else f"{count} {name}"
    return f"{whole} s"
