"""Ids as texts and as words, each set of examples read once."""

from __future__ import annotations

from torch import Tensor

from omnigan_text.metrics.kept import Kept
from omnigan_text.metrics.words import Lexicon, Tokens, Unit, unit_of
from omnigan_text.tokens import Codec

__all__ = ["Reader"]


class Reader:
    """Remembers what it has read as long as the tensors are there.

    Args:
        codec: Turns ids into texts.
    """

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self._texts: Kept[list[str]] = Kept()
        self._units: Kept[Unit] = Kept()
        self._lexicons = {unit: Lexicon(unit) for unit in _UNITS}
        self._tokens: dict[Unit, Kept[Tokens]] = {unit: Kept() for unit in _UNITS}

    def texts(self, x: Tensor) -> list[str]:
        """Return the texts of ids ``[N, T]``."""
        return self._texts.get(x, lambda: self.codec.texts(x))

    def pair(self, x: Tensor, real: Tensor) -> tuple[Tokens, Tokens]:
        """Return the words of ids ``[N, T]`` and of real ones, which say what a word is."""
        unit = self._units.get(real, lambda: unit_of(self.texts(real)))
        return self._split(x, unit), self._split(real, unit)

    def _split(self, x: Tensor, unit: Unit) -> Tokens:
        return self._tokens[unit].get(x, lambda: self._lexicons[unit].tokens(self.texts(x)))


_UNITS: tuple[Unit, ...] = ("words", "characters")
