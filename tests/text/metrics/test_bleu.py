"""BLEU and self-BLEU: nltk is the judge."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from omnigan_text.metrics.bleu import ORDERS, bleu, self_bleu
from omnigan_text.metrics.words import Lexicon

SMOOTHING = SmoothingFunction().method1
TEXTS = st.lists(st.text("abc ", max_size=16).map(" ".join), min_size=1, max_size=6)


def judged(text: str, references: Sequence[str], order: int) -> float:
    split = [reference.split() for reference in references]
    weights = (1 / order,) * order
    return float(sentence_bleu(split, text.split(), weights, SMOOTHING))


@settings(max_examples=40)
@given(TEXTS, TEXTS)
def test_bleu_is_that_of_nltk(texts: list[str], references: list[str]) -> None:
    lexicon = Lexicon()
    found = bleu(lexicon.tokens(texts), lexicon.tokens(references))
    for order in ORDERS:
        expected = [judged(text, references, order) for text in texts]
        assert found[order] == pytest.approx(expected, abs=1e-9)


@settings(max_examples=40)
@given(TEXTS.filter(lambda texts: len(texts) > 1))
def test_self_bleu_is_that_of_nltk(texts: list[str]) -> None:
    found = self_bleu(Lexicon().tokens(texts))
    for order in ORDERS:
        expected = [
            judged(text, texts[:place] + texts[place + 1 :], order)
            for place, text in enumerate(texts)
        ]
        assert found[order] == pytest.approx(expected, abs=1e-9)


def test_a_sentence_is_not_its_own_reference() -> None:
    alone = self_bleu(Lexicon().tokens(["a b c d e", "v w x y z"]))
    twice = self_bleu(Lexicon().tokens(["a b c d e", "a b c d e"]))
    for order in ORDERS:
        assert alone[order].tolist() == [0, 0]
        assert twice[order] == pytest.approx(1)


def test_the_closer_and_then_the_shorter_reference_sets_the_penalty() -> None:
    lexicon = Lexicon()
    references = lexicon.tokens(["a b c", "a b c d e"])
    (four,) = bleu(lexicon.tokens(["a b c d"]), references)[2]
    (two,) = bleu(lexicon.tokens(["a b"]), references)[2]
    assert four == pytest.approx(1), "3 and 5 words are as close: the shorter one counts"
    assert two == pytest.approx(np.exp(1 - 3 / 2))


def test_ten_thousand_sentences_take_less_than_two_seconds() -> None:
    rng = np.random.default_rng(0)
    words = np.minimum(rng.zipf(1.3, (20_000, 11)), 4000).tolist()
    texts = [" ".join(map(str, row)) for row in words]
    began, lexicon = time.process_time(), Lexicon()
    ours, real = lexicon.tokens(texts[:10_000]), lexicon.tokens(texts[10_000:])
    assert bleu(ours, real)[2].mean() > self_bleu(ours)[5].mean()
    assert time.process_time() - began < 2
