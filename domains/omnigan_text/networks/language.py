"""What texts are made of, and where they end."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

__all__ = ["END", "Language", "lengths_of"]

END = 0
"""The symbol that ends a text, where texts end; it also fills the places after it."""


@dataclass(frozen=True)
class Language:
    """What texts are made of.

    Attributes:
        symbols: How many symbols there are, V.
        length: Symbols of a text, T, the ends included.
        ends: Whether symbol 0 ends a text.
        labels: Kinds of texts; 0 for one kind.
    """

    symbols: int
    length: int
    ends: bool = True
    labels: int = 0


def lengths_of(ids: Tensor) -> Tensor:
    """Return ``[...]``: how many symbols of ids ``[..., T]`` stand before the first end."""
    return (ids == END).cumsum(-1).eq(0).sum(-1)
