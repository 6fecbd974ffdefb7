"""What a word is."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnigan_text.metrics.ngrams import ngrams
from omnigan_text.metrics.words import Lexicon, Unit, split, unit_of

TEXTS = st.lists(st.text("ab ", max_size=12), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("texts", "unit"),
    [
        (["Return the mean of a tensor.", "Do nothing."], "words"),
        (["Donaudampfschifffahrtsgesellschaft heute, morgen und auch immer."], "words"),
        (["床前明月光疑是地上霜", "举头望明月低头思故乡"], "characters"),
        (["Anna", "Maria", "Mary Ann"], "characters"),
        (["", ""], "characters"),
        (["ein", "zwei Worte", "drei Worte hier"], "words"),
    ],
)
def test_where_there_are_hardly_any_blanks_characters_count(texts: list[str], unit: Unit) -> None:
    assert unit_of(texts) == unit


def test_blanks_are_no_characters() -> None:
    assert list(split("ab  c", "characters")) == ["a", "b", "c"]
    assert list(split(" ab\tc\n", "words")) == ["ab", "c"]


@settings(max_examples=40)
@given(TEXTS)
def test_words_of_one_lexicon_have_one_number(texts: list[str]) -> None:
    lexicon = Lexicon()
    tokens = [lexicon.tokens(texts), lexicon.tokens(texts[::-1])]
    spelt: dict[int, str] = {}
    for found, given_ in zip(tokens, (texts, texts[::-1]), strict=True):
        words = [text.split() for text in given_]
        assert found.lengths.tolist() == [len(each) for each in words]
        for number, word in zip(found.ids.tolist(), chain.from_iterable(words), strict=True):
            assert spelt.setdefault(number, word) == word
    assert len(set(spelt.values())) == len(spelt)


@settings(max_examples=40)
@given(TEXTS, st.data())
def test_some_texts_are_those_texts(texts: list[str], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(texts) - 1)))
    lexicon = Lexicon()
    some = lexicon.tokens(texts).take(np.array(places, np.int64))
    same = lexicon.tokens([texts[place] for place in places])
    assert some.ids.tolist() == same.ids.tolist()
    assert some.lengths.tolist() == same.lengths.tolist()


@settings(max_examples=40)
@given(TEXTS, TEXTS)
def test_ngrams_do_not_cross_texts(first: list[str], second: list[str]) -> None:
    lexicon = Lexicon()
    sets = [lexicon.tokens(first), lexicon.tokens(second)]
    for order, found in enumerate(ngrams(sets, 4), 1):
        spelt: dict[int, tuple[str, ...]] = {}
        for grams, texts in zip(found, (first, second), strict=True):
            expected = [
                (number, tuple(words[start : start + order]))
                for number, words in enumerate(text.split() for text in texts)
                for start in range(len(words) - order + 1)
            ]
            assert grams.text.tolist() == [number for number, _ in expected]
            for gram, (_, words) in zip(grams.gram.tolist(), expected, strict=True):
                assert spelt.setdefault(gram, words) == words
                assert gram < grams.kinds
        assert len(set(spelt.values())) == len(spelt)
