"""Variety and copying, against definitions spelt out in sets."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnigan_text.metrics.diversity import coverage, distinct_ngrams, unique_share
from omnigan_text.metrics.originality import copied_runs, copied_texts
from omnigan_text.metrics.words import Lexicon

TEXTS = st.lists(st.text("abc ", max_size=14).map(" ".join), min_size=1, max_size=6)


def grams(text: str, order: int) -> list[tuple[str, ...]]:
    words = text.split()
    return [tuple(words[start : start + order]) for start in range(len(words) - order + 1)]


@settings(max_examples=40)
@given(TEXTS)
def test_distinct_ngrams(texts: list[str]) -> None:
    for order, share in distinct_ngrams(Lexicon().tokens(texts)).items():
        every = [gram for text in texts for gram in grams(text, order)]
        expected = len(set(every)) / len(every) if every else math.nan
        assert share == pytest.approx(expected, nan_ok=True)


@settings(max_examples=40)
@given(TEXTS, TEXTS)
def test_coverage_is_of_the_real_words(texts: list[str], real: list[str]) -> None:
    lexicon = Lexicon()
    ours, theirs = (set(" ".join(each).split()) for each in (texts, real))
    expected = len(ours & theirs) / len(theirs) if theirs else math.nan
    found = coverage(lexicon.tokens(texts).ids, lexicon.tokens(real).ids)
    assert found == pytest.approx(expected, nan_ok=True)


@settings(max_examples=40)
@given(TEXTS, TEXTS)
def test_the_longest_copied_run(texts: list[str], train: list[str]) -> None:
    lexicon = Lexicon()
    found = copied_runs(lexicon.tokens(texts), lexicon.tokens(train))
    for text, length in zip(texts, found.tolist(), strict=True):
        shared = [
            order
            for order in range(1, len(text.split()) + 1)
            if {*grams(text, order)} & {gram for each in train for gram in grams(each, order)}
        ]
        assert length == max(shared, default=0)


def test_a_run_does_not_go_on_in_the_next_text() -> None:
    lexicon = Lexicon()
    train = lexicon.tokens(["a b", "c d"])
    assert copied_runs(lexicon.tokens(["a b c d"]), train).tolist() == [2]


def test_whole_texts() -> None:
    assert unique_share(["a", "b", "a", "a"]) == 0.5
    assert copied_texts(["a b", "a  b", "b"], ["b", "a b"]) == pytest.approx(2 / 3)
    assert math.isnan(unique_share([]))
