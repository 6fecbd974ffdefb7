"""How much of each text was copied from training texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from omnigan_text.metrics.ngrams import renumber
from omnigan_text.metrics.words import Ints, Tokens

__all__ = ["LONGEST", "copied_runs", "copied_texts"]

LONGEST = 100
"""Words up to which a copied run is followed."""


def copied_texts(texts: Sequence[str], train: Sequence[str]) -> float:
    """Return the share of texts that are a training text, character by character."""
    known = set(train)
    return sum(text in known for text in texts) / len(texts) if texts else float("nan")


def copied_runs(texts: Tokens, train: Tokens) -> Ints:
    """Return the length of the longest n-gram of each text that a training text has too.

    Args:
        texts: ``[N]``, from the same lexicon as the training texts.
        train: What may have been copied.

    Returns:
        ``[N]`` words, at most :data:`LONGEST`.
    """
    longest = np.zeros(len(texts), np.int64)
    text = np.repeat(np.arange(len(texts)), texts.lengths)
    ours, theirs = _Runs.of(texts), _Runs.of(train)
    words = int(max(texts.ids.max(initial=0), train.ids.max(initial=0))) + 1
    for length in range(1, LONGEST + 1):
        # A longer n-gram can be in both only where its beginning is.
        shared, kinds = renumber(np.concatenate([ours.gram, theirs.gram]))
        mine, other = np.split(shared, [len(ours.gram)])
        in_mine, in_other = (np.bincount(grams, minlength=kinds) > 0 for grams in (mine, other))
        ours, theirs = ours.only(mine, in_other[mine]), theirs.only(other, in_mine[other])
        if not len(ours.at):
            break
        longest[text[ours.at]] = length
        ours, theirs = ours.longer(length, words), theirs.longer(length, words)
    return longest


@dataclass(frozen=True)
class _Runs:
    """n-grams that begin at some places of some texts.

    Attributes:
        tokens: The texts.
        end: Where each of their words' texts ends, as a place in ``tokens.ids``.
        at: The places, ``[K]``.
        gram: Which n-gram begins there, ``[K]``.
    """

    tokens: Tokens
    end: Ints
    at: Ints
    gram: Ints

    @classmethod
    def of(cls, tokens: Tokens) -> _Runs:
        """Return the single words."""
        end = np.repeat(np.cumsum(tokens.lengths), tokens.lengths)
        return cls(tokens, end, np.arange(len(tokens.ids)), tokens.ids)

    def only(self, gram: Ints, kept: NDArray[np.bool_]) -> _Runs:
        """Return some of the places, with new numbers for their n-grams."""
        return replace(self, at=self.at[kept], gram=gram[kept])

    def longer(self, length: int, words: int) -> _Runs:
        """Return the n-grams of one more than so many words, as far as their texts go on."""
        fits = self.at + length < self.end[self.at]
        at = self.at[fits]
        return replace(self, at=at, gram=self.gram[fits] * words + self.tokens.ids[at + length])
