"""What programs pass to this package, read as they mean it or refused in a sentence.

The command line checks what people type by itself, in its own words.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from omnigan.errors import UserError
from omnigan.numerals import LARGEST_SEED

__all__ = ["Label", "seed_in_range", "several", "whole"]

Label = str | int
"""A number is the label of that name."""
_Item = TypeVar("_Item", str, str | Path, str | int)


def several(given: _Item | Iterable[_Item]) -> list[_Item]:
    """Return what is given as a list; a text alone is one item, and so is what is no collection."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        return [given]
    return list(given)


def whole(name: str, given: Any, least: int, most: int | None = None) -> int:
    """Return a whole number, as Python, numpy or torch have it.

    Args:
        name: Of the argument.
        given: What is passed.
        least: Of the numbers that are right.
        most: Of the numbers that are right; None: there is no largest one.

    Raises:
        UserError: It is something else, or out of range.
    """
    try:
        number = operator.index(given)
    except TypeError:
        number = None
    if number is None or number < least or (most is not None and number > most):
        limits = f"at least {least}" if most is None else f"from {least} to {most}"
        raise UserError(f"{name} must be a whole number, {limits}, not {given!r}.")
    return number


def seed_in_range(given: Any) -> int:
    """Return a seed.

    Raises:
        UserError: It is none.
    """
    return whole("seed", given, 0, LARGEST_SEED)
