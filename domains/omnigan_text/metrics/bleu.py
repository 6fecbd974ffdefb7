"""BLEU of sentences (Papineni et al. 2002) and self-BLEU (Zhu et al. 2018), exact in linear time.

The BLEU of a sentence depends on its references only through the largest count that each n-gram
has in any of them, and through their lengths. Where the references are all other sentences, as in
self-BLEU, it takes the largest and the second largest count in all sentences. The values are those
of nltk's ``sentence_bleu`` with smoothing ``method1`` and uniform weights.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from omnigan_text.metrics.ngrams import Counts, ngrams
from omnigan_text.metrics.words import Ints, Tokens

__all__ = ["ORDERS", "bleu", "self_bleu"]

ORDERS = (2, 3, 4, 5)
_SMOOTHING = 0.1  # matches, where there are none
_FAR = 1 << 40  # a length that is never the closest

_Floats = NDArray[np.float64]


def bleu(hypotheses: Tokens, references: Tokens) -> dict[int, _Floats]:
    """Return BLEU-2 to BLEU-5 of each hypothesis against all references together.

    Args:
        hypotheses: Texts ``[N]``, numbered by the same lexicon as the references.
        references: Texts ``[M]``, at least one.

    Returns:
        By order, ``[N]`` from 0 to 1.
    """
    matches = []
    for ours, theirs in ngrams([hypotheses, references], max(ORDERS)):
        found, other = ours.counts(), theirs.counts()
        most = np.zeros(ours.kinds, np.int64)
        np.maximum.at(most, other.gram, other.count)
        matches.append(_matches(found, most[found.gram], len(hypotheses)))
    return _scores(hypotheses.lengths, _closest(hypotheses.lengths, references.lengths), matches)


def self_bleu(texts: Tokens) -> dict[int, _Floats]:
    """Return BLEU-2 to BLEU-5 of each text against all others.

    It grows with the number of texts, so that only sets of one size can be compared.

    Args:
        texts: ``[N]``, at least two.

    Returns:
        By order, ``[N]`` from 0 to 1.
    """
    matches = []
    for (grams,) in ngrams([texts], max(ORDERS)):
        found = grams.counts()
        most, second = _two_largest(found, grams.kinds)
        held = found.count == most[found.gram]
        others = np.where(held, second[found.gram], most[found.gram])
        matches.append(_matches(found, others, len(texts)))
    return _scores(texts.lengths, _closest_other(texts.lengths), matches)


def _two_largest(found: Counts, kinds: int) -> tuple[Ints, Ints]:
    """Return the largest and second largest count ``[kinds]`` of each n-gram in any text."""
    order = np.lexsort((found.count, found.gram))
    gram, count = found.gram[order], found.count[order]
    last = np.flatnonzero(np.diff(gram, append=-1))
    before = last - 1
    shared = (before >= 0) & (gram[before] == gram[last])
    most, second = np.zeros(kinds, np.int64), np.zeros(kinds, np.int64)
    most[gram[last]] = count[last]
    second[gram[last[shared]]] = count[before[shared]]
    return most, second


def _matches(found: Counts, most: Ints, texts: int) -> Ints:
    """Return how many n-grams of each text ``[texts]`` are matched, no one more than ``most``."""
    clipped = np.minimum(found.count, most)
    return np.bincount(found.text, clipped, texts).astype(np.int64)


def _closest(lengths: Ints, references: Ints) -> Ints:
    """Return the reference length closest to each length, the shorter one of two."""
    available = np.unique(references)
    place = np.searchsorted(available, lengths, side="right")
    return _nearer(lengths, available, place - 1, place)


def _closest_other(lengths: Ints) -> Ints:
    """Return the length of another text that is closest to the length of each."""
    available, place, copies = np.unique(lengths, return_inverse=True, return_counts=True)
    place = place.reshape(-1)
    nearest = _nearer(lengths, available, place - 1, place + 1)
    return np.where(copies[place] > 1, lengths, nearest)


def _nearer(lengths: Ints, available: Ints, before: Ints, after: Ints) -> Ints:
    """Return which of two available lengths is nearer; there is none before 0 or at the end."""
    padded = np.array([-_FAR, *available, _FAR])
    shorter, longer = padded[before + 1], padded[after + 1]
    return np.where(lengths - shorter <= longer - lengths, shorter, longer)


def _scores(lengths: Ints, closest: Ints, matches: list[Ints]) -> dict[int, _Floats]:
    """Return geometric means of the precisions, times the penalty for what is too short."""
    logs = []
    for order, matched in enumerate(matches, 1):
        possible = np.maximum(lengths - order + 1, 1)
        logs.append(np.log(np.where(matched > 0, matched, _SMOOTHING) / possible))
    penalty = np.exp(np.minimum(0, 1 - closest / np.maximum(lengths, 1)))
    penalty[matches[0] == 0] = 0  # no word in common, or no word at all
    return {order: penalty * np.exp(np.mean(logs[:order], axis=0)) for order in ORDERS}
