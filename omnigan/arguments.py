"""What programs pass to this package, read as they mean it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

__all__ = ["several"]

_Item = TypeVar("_Item", str, str | Path, str | int)


def several(given: _Item | Iterable[_Item]) -> list[_Item]:
    """Return what is given as a list; a text alone is one item, and so is what is no collection."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        return [given]
    return list(given)
