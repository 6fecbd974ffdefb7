"""Numbers that change over a run."""

from __future__ import annotations

import math

from omnigan.recipe.schema import Number, Ramp

__all__ = ["at"]


def at(number: Number, progress: float) -> float:
    """Return the value of a scheduled number.

    Args:
        number: A constant, or a ramp from ``start`` to ``end``.
        progress: Share of the run that is done, 0 to 1.
    """
    if not isinstance(number, Ramp):
        return number
    if number.shape == "constant":
        return number.start
    done = min(progress / number.until, 1.0)
    if number.shape == "cosine":
        done = (1 - math.cos(math.pi * done)) / 2
    return number.start + (number.end - number.start) * done
