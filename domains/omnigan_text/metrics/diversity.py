"""How varied texts are, and what of the real texts' words and n-grams they cover."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from omnigan_text.metrics.ngrams import distinct, ngrams
from omnigan_text.metrics.words import Ints, Tokens

__all__ = ["DISTINCT", "coverage", "distinct_ngrams", "unique_share"]

DISTINCT = (1, 2, 3)
"""Orders of the n-grams whose variety is looked at."""


def unique_share(texts: Sequence[str]) -> float:
    """Return the number of different texts over the number of texts."""
    return len(set(texts)) / len(texts) if texts else float("nan")


def distinct_ngrams(texts: Tokens) -> dict[int, float]:
    """Return the number of different n-grams over the number of n-grams (Li et al. 2016).

    It falls with the number of texts, so that only sets of one size can be compared.

    Returns:
        By order; NaN where no text is as long as that.
    """
    return {
        order: distinct(grams.gram) / len(grams.gram) if len(grams.gram) else float("nan")
        for order, (grams,) in enumerate(ngrams([texts], max(DISTINCT)), 1)
    }


def coverage(ids: Ints, real: Ints) -> float:
    """Return the share of the different words of real texts that occur in some texts at all.

    It grows with the number of texts and falls with that of real ones.

    Args:
        ids: The words of some texts, as numbers.
        real: Those of real ones, numbered alike.
    """
    words = np.unique(real)
    return float(np.isin(words, ids).mean()) if len(words) else float("nan")
