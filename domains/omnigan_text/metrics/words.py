"""Texts as numbers: words that stand between blanks, or characters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ints", "Lexicon", "Tokens", "Unit", "split", "unit_of"]

Ints = NDArray[np.int64]
Unit = Literal["words", "characters"]

_LONG_WORD = 12  # characters
_FEW_WORDS = 1.5


@dataclass(frozen=True)
class Tokens:
    """Texts, one after the other.

    Attributes:
        ids: Their words ``[sum of lengths]``, as numbers from 0.
        lengths: ``[N]`` words of each.
    """

    ids: Ints
    lengths: Ints

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def starts(self) -> Ints:
        """Where in ``ids`` each text begins, ``[N]``."""
        return np.cumsum(self.lengths) - self.lengths

    def take(self, places: Ints) -> Tokens:
        """Return the texts at some places."""
        lengths = self.lengths[places]
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return Tokens(self.ids[np.repeat(self.starts[places], lengths) + within], lengths)


class Lexicon:
    """Numbers words as they come; texts that went through the same one can be compared.

    Args:
        unit: What texts are split into.
    """

    def __init__(self, unit: Unit = "words") -> None:
        self.unit = unit
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Split texts. Blanks only part words, and are nothing where the unit is a character."""
        parts = [split(text, self.unit) for text in texts]
        lengths = np.fromiter(map(len, parts), np.int64, len(parts))
        numbers = map(self._numbers.__getitem__, chain.from_iterable(parts))
        return Tokens(np.fromiter(numbers, np.int64, int(lengths.sum())), lengths)


def split(text: str, unit: Unit | None = None) -> Sequence[str]:
    """Return the words or characters of a text; None takes what is best for this one alone."""
    words = text.split()
    unit = unit or _best(len(words), 1, sum(map(len, words)))
    return words if unit == "words" else "".join(words)


def unit_of(texts: Sequence[str]) -> Unit:
    """Return what real texts are best split into.

    It is characters where there are hardly any blanks: Chinese, say, or a list of names.
    """
    words = [text.split() for text in texts]
    characters = sum(map(len, chain.from_iterable(words)))
    return _best(sum(map(len, words)), len(texts), characters)


def _best(words: int, texts: int, characters: int) -> Unit:
    hardly_any = words < _FEW_WORDS * texts or characters > _LONG_WORD * words
    return "characters" if hardly_any else "words"
