"""The language model, against the formulas written with dictionaries."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnigan_text.metrics.kneser_ney import log_likelihoods, surprise
from omnigan_text.metrics.words import Lexicon

Gram = tuple[str, ...]
TEXTS = st.lists(st.text("abc", max_size=6).map(" ".join), min_size=1, max_size=6)


class Model:
    """Interpolated Kneser-Ney, slowly; ``$`` ends a text and ``^`` stands before it."""

    def __init__(self, texts: Sequence[str], vocabulary: set[str], order: int) -> None:
        self.order, self.size = order, len(vocabulary | {"$"})
        self.counts: list[Counter[Gram]] = [Counter() for _ in range(order + 1)]
        for text in texts:
            words = ["^"] * (order - 1) + text.split() + ["$"]
            for end in range(order, len(words) + 1):
                self.counts[order][tuple(words[end - order : end])] += 1
        for shorter in range(order - 1, 0, -1):
            for gram in self.counts[shorter + 1]:
                self.counts[shorter][gram[1:]] += 1

    def discount(self, order: int) -> float:
        once, twice = (sum(c == n for c in self.counts[order].values()) for n in (1, 2))
        return (once + 0.5) / (once + 2 * twice + 1)

    def p(self, word: str, context: Gram) -> float:
        order = len(context) + 1
        lower = self.p(word, context[1:]) if context else 1 / self.size
        behind = {g: c for g, c in self.counts[order].items() if g[:-1] == context}
        total, discount = sum(behind.values()), self.discount(order)
        if not total:
            return lower
        kept = max(behind.get((*context, word), 0) - discount, 0)
        return (kept + discount * len(behind) * lower) / total

    def log(self, text: str) -> float:
        words = ["^"] * (self.order - 1) + text.split() + ["$"]
        return sum(
            math.log(self.p(words[end - 1], tuple(words[end - self.order : end - 1])))
            for end in range(self.order, len(words) + 1)
        )


@settings(max_examples=40)
@given(TEXTS, TEXTS, st.integers(1, 4))
def test_likelihoods_are_those_of_the_formulas(texts, train, order) -> None:
    lexicon = Lexicon()
    found = log_likelihoods(lexicon.tokens(texts), lexicon.tokens(train), order)
    model = Model(train, set(" ".join(texts + train).split()), order)
    assert found == pytest.approx([model.log(text) for text in texts], abs=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_all_texts_together_are_certain(order: int) -> None:
    lexicon = Lexicon()
    train = lexicon.tokens(["a", "a a", "", "b a", "", "a"])
    texts = [" ".join(words) for length in range(13) for words in product("ab", repeat=length)]
    total = np.exp(log_likelihoods(lexicon.tokens(texts), train, order)).sum()
    assert 0.999 < total < 1


def test_text_like_the_training_text_surprises_least() -> None:
    lexicon = Lexicon()
    train = lexicon.tokens(["the cat sat", "the dog sat", "a dog ran"] * 3)
    like, shuffled, strange = (
        surprise(lexicon.tokens([text]), train)
        for text in ("the dog ran", "ran the dog", "blue green red")
    )
    assert like < shuffled < strange


def test_copies_of_one_text_leave_something_for_others() -> None:
    lexicon = Lexicon()
    once, often = (lexicon.tokens(["a b c"] * copies) for copies in (1, 1000))
    other = lexicon.tokens(["c b", "never seen"])
    assert surprise(other, once) < surprise(other, often) < 20
