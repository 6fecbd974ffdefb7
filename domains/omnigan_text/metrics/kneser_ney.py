"""An n-gram language model with interpolated Kneser-Ney smoothing (Kneser and Ney 1995).

In the highest order it counts how often a word follows its context, in lower ones how many
different words the two have been seen behind, with one absolute discount for each order (Chen and
Goodman 1999). Below single words, every word of the vocabulary is as likely as any other. Own code
from the formulas: n-grams are numbers, and all counting is done on arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from omnigan_text.metrics.ngrams import renumber
from omnigan_text.metrics.words import Ints, Tokens

__all__ = ["ORDER", "log_likelihoods", "surprise"]

ORDER = 4
"""Words of the longest n-grams."""
_END, _BEGIN, _FIRST = 0, 1, 2  # numbers of what ends and what begins a text, and of the first word

_Floats = NDArray[np.float64]


def surprise(texts: Tokens, train: Tokens, order: int = ORDER) -> float:
    """Return the negative log-likelihood of texts in nats a word, their ends counted as words.

    See :func:`log_likelihoods` for the arguments.
    """
    return -float(log_likelihoods(texts, train, order).sum()) / (len(texts.ids) + len(texts))


def log_likelihoods(texts: Tokens, train: Tokens, order: int = ORDER) -> _Floats:
    """Return how likely each text and its end are under a model of other texts, in nats.

    The vocabulary is that of both sets: words that the model has never seen have a probability
    too, and all probabilities sum to 1.

    Args:
        texts: ``[N]``, from the same lexicon as ``train``.
        train: ``[M]``, what the model is made of, at least one.
        order: Words of the longest n-grams, at least 1.

    Returns:
        ``[N]``.
    """
    stream = _Stream.of(train, texts, order)
    judged = ~stream.trained
    probability = np.full(int(judged.sum()), 1 / stream.vocabulary)
    for level in _levels(stream, order):
        context, gram = level.context[judged], level.gram[judged]
        total = np.maximum(level.total[context], 1)
        kept = np.maximum(level.count[gram] - level.discount, 0) / total
        left = level.discount * level.followers[context] / total
        # What is taken from the words seen goes to all words as the lower order has them.
        known = level.total[context] > 0
        probability = np.where(known, kept + left * probability, probability)
    sums = np.bincount(stream.text[judged], np.log(probability), len(texts))
    return sums.astype(np.float64)


@dataclass(frozen=True)
class _Stream:
    """Texts in one row, each after ``order - 1`` begins and before its end.

    Attributes:
        word: ``[L]``.
        at: ``[P]`` places of the words and ends, which the model predicts.
        text: ``[P]``, which text of its set each is in.
        trained: ``[P]``, whether that is one of those the model is made of.
        vocabulary: How many different words and ends there are.
    """

    word: Ints
    at: Ints
    text: Ints
    trained: NDArray[np.bool_]
    vocabulary: int

    @classmethod
    def of(cls, train: Tokens, texts: Tokens, order: int) -> _Stream:
        """Lay out both sets."""
        ids, kinds = renumber(np.concatenate([train.ids, texts.ids]))
        lengths = np.concatenate([train.lengths, texts.lengths])
        ends = np.cumsum(lengths + order) - 1
        word = np.full(int((lengths + order).sum()), _BEGIN)
        word[ends] = _END
        text = np.repeat(np.arange(len(lengths)), lengths)
        word[np.arange(len(ids)) + order * text + order - 1] = ids + _FIRST
        at = np.flatnonzero(word != _BEGIN)
        text = np.repeat(np.arange(len(lengths)), lengths + 1)
        trained = text < len(train)
        return cls(word, at, np.where(trained, text, text - len(train)), trained, kinds + 1)


@dataclass(frozen=True)
class _Level:
    """The n-grams of one order.

    Attributes:
        context: ``[P]``, which words stand before each place.
        gram: ``[P]``, which n-gram those are with the word there.
        count: Of each n-gram, as this order counts.
        total: Sum of the counts behind each context.
        followers: Different words behind each context.
        discount: What is taken off each count.
    """

    context: Ints
    gram: Ints
    count: Ints
    total: Ints
    followers: Ints
    discount: float


def _levels(stream: _Stream, order: int) -> Iterator[_Level]:
    """Yield the n-grams from single words up."""
    numbered = list(_numbered(stream, order))
    for place, (context, contexts, gram, grams) in enumerate(numbered):
        mine = gram[stream.trained]
        if place + 1 < order:
            longer, kinds = numbered[place + 1][2:]
            mine = mine[_examples(longer[stream.trained], kinds)]
        count = np.bincount(mine, minlength=grams)
        example = _examples(gram[stream.trained], grams)
        behind = context[stream.trained][example]
        seen = count[gram[stream.trained][example]]
        total = np.bincount(behind, seen, contexts).astype(np.int64)
        followers = np.bincount(behind, minlength=contexts)
        yield _Level(context, gram, count, total, followers, _discount(seen))


def _numbered(stream: _Stream, order: int) -> Iterator[tuple[Ints, int, Ints, int]]:
    """Yield context and n-gram of each place, ``[P]``, and how many of each there are."""
    words = stream.vocabulary + 1
    gram, grams = np.zeros(len(stream.word), np.int64), 1
    for _ in range(order):
        context, contexts = np.roll(gram, 1), grams
        gram, grams = renumber(context * words + stream.word)
        yield context[stream.at], contexts, gram[stream.at], grams


def _examples(numbers: Ints, kinds: int) -> Ints:
    """Return one place of each number that occurs."""
    place = np.full(kinds, -1)
    place[numbers] = np.arange(len(numbers))
    return place[place >= 0]


def _discount(counts: Ints) -> float:
    """Return ``n1 / (n1 + 2 n2)`` of the n-grams seen once and twice.

    Half an n-gram is added on either side: with none seen once, as in copies of one text, nothing
    would be left for other words.
    """
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    return (once + 0.5) / (once + 2 * twice + 1)
