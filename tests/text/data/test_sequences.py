"""Sequences in one array behave like lists of lists."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan_text.data.sequences import Sequences

LISTS = st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=8)


def lists(sequences: Sequences) -> list[list[int]]:
    bounds = sequences.starts.tolist()
    return [sequences.symbols[first:last].tolist() for first, last in pairwise(bounds)]


@given(texts=LISTS, data=st.data())
def test_everything_is_as_with_lists(texts: list[list[int]], data: st.DataObject) -> None:
    half = len(texts) // 2
    sequences = Sequences.of([texts[:half], texts[half:]])
    assert len(sequences) == len(texts)
    assert lists(sequences) == texts
    assert sequences.lengths.tolist() == [len(text) for text in texts]
    most = data.draw(st.integers(0, 7))
    assert lists(sequences.cut(most)) == [text[:most] for text in texts]
    marked = np.array([data.draw(st.booleans()) for _ in texts], np.bool_)
    only = [text for text, is_marked in zip(texts, marked, strict=True) if is_marked]
    assert lists(sequences.only(marked)) == only
    rows = data.draw(st.permutations(range(len(texts))))[:3]
    assert lists(sequences.taken(np.array(rows, np.int64))) == [texts[row] for row in rows]
    assert sequences.having(sequences.symbols == 3).tolist() == [3 in text for text in texts]
    padded = sequences.padded(6).tolist()
    assert padded == [text + [0] * (6 - len(text)) for text in texts]


def test_none_may_be_longer_than_its_row() -> None:
    with pytest.raises((ValueError, IndexError)):
        Sequences.of([[[1, 2, 3]]]).padded(2)
