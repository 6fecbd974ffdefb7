"""n-grams as numbers: two places of any text have the same number where the same words stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from omnigan_text.metrics.words import Ints, Tokens

__all__ = ["Counts", "Grams", "distinct", "ngrams", "renumber"]


@dataclass(frozen=True)
class Grams:
    """Every n-gram of some texts, wherever it stands.

    Attributes:
        text: ``[occurrences]``, which text it stands in, in order.
        gram: ``[occurrences]``, its number.
        kinds: How many numbers there are, in all texts that were numbered together.
        texts: How many texts there are.
    """

    text: Ints
    gram: Ints
    kinds: int
    texts: int

    def counts(self) -> Counts:
        """Count how often each text has each n-gram."""
        pairs, count = np.unique(self.text * self.kinds + self.gram, return_counts=True)
        return Counts(pairs // self.kinds, pairs % self.kinds, count)


@dataclass(frozen=True)
class Counts:
    """How often some texts have each of their n-grams: three arrays ``[pairs]``.

    Attributes:
        text: Which text it is, in order.
        gram: Which n-gram, in order within a text.
        count: How often it stands there, at least 1.
    """

    text: Ints
    gram: Ints
    count: Ints


def ngrams(sets: Sequence[Tokens], most: int) -> Iterator[list[Grams]]:
    """Yield the n-grams of each set of texts, numbered together, for n from 1 to ``most``."""
    ids = np.concatenate([tokens.ids for tokens in sets])
    lengths = np.concatenate([tokens.lengths for tokens in sets])
    text = np.repeat(np.arange(len(lengths)), lengths)
    end = np.repeat(np.cumsum(lengths), lengths)
    firsts = np.cumsum([0, *(len(tokens) for tokens in sets)])
    gram, words = renumber(ids)
    at, kinds, word = np.arange(len(ids)), words, gram
    for order in range(1, most + 1):
        if order > 1:
            fits = at + order <= end[at]
            at, gram = at[fits], gram[fits]
            gram, kinds = renumber(gram * words + word[at + order - 1])
        edges = np.searchsorted(text[at], firsts)
        yield [
            Grams(text[at[a:b]] - first, gram[a:b], max(kinds, 1), len(tokens))
            for a, b, first, tokens in zip(edges[:-1], edges[1:], firsts[:-1], sets, strict=True)
        ]


def renumber(keys: Ints) -> tuple[Ints, int]:
    """Return the same array with numbers from 0 on for its values, and how many there are."""
    values, numbers = np.unique(keys, return_inverse=True)
    return numbers.reshape(-1).astype(np.int64, copy=False), len(values)


def distinct(values: Ints) -> int:
    """Return how many different numbers there are."""
    return len(np.unique(values))
