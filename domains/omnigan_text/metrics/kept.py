"""Results that are kept as long as what they were made from: a run is evaluated often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import ref

from torch import Tensor

from omnigan.domain import Density

__all__ = ["Kept", "KeptDensity"]

_T = TypeVar("_T")


class Kept(Generic[_T]):
    """Something made of a tensor, known by which tensor it is, not by what that holds."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[ref[Tensor], _T]] = {}

    def get(self, x: Tensor, make: Callable[[], _T]) -> _T:
        """Return what was made of a tensor, or make it now."""
        found = self._found.get(id(x))
        if found is not None and found[0]() is x:
            return found[1]
        made = make()
        self._found = {key: kept for key, kept in self._found.items() if kept[0]() is not None}
        self._found[id(x)] = ref(x), made
        return made


class KeptDensity:
    """Log-likelihoods under the latest density that was asked for."""

    def __init__(self) -> None:
        self._density: Callable[[], Density | None] = lambda: None
        self._kept: Kept[Tensor] = Kept()

    def of(self, density: Density) -> Density:
        """Return the same density, which looks at each batch once."""
        if self._density() is not density:
            self._density, self._kept = ref(density), Kept()
        kept = self._kept
        return lambda batch: kept.get(batch.x, lambda: density(batch))
