"""Labels come as often as in the data, wherever one begins to count."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan.label_shares import in_shares

COUNTS = st.lists(st.integers(0, 12), min_size=1, max_size=6).filter(any)


def test_labels_have_equal_distances() -> None:
    assert in_shares([1, 3], 8) == [1, 0, 1, 1, 1, 0, 1, 1]
    assert in_shares([2, 2, 2], 7) == [0, 1, 2, 0, 1, 2, 0]
    assert in_shares([5], 3) == [0, 0, 0]


@given(COUNTS, st.integers(0, 2**63 - 1))
def test_as_many_as_there_are_have_the_counts_of_the_data(counts: list[int], start: int) -> None:
    found = Counter(in_shares(counts, sum(counts), start))
    assert [found[label] for label in range(len(counts))] == counts


@given(COUNTS, st.integers(0, 100), st.integers(1, 60))
def test_fewer_are_a_beginning_of_more_and_near_the_shares(
    counts: list[int], start: int, n: int
) -> None:
    some = in_shares(counts, n, start)
    assert some == in_shares(counts, 2 * n, start)[:n]
    for label, count in enumerate(counts):
        # Half a label's distance at either end, and as much for the places that others take.
        assert abs(some.count(label) - n * count / sum(counts)) <= len(counts)


def test_over_all_beginnings_the_first_is_of_each_label_as_often_as_in_the_data() -> None:
    counts = [1, 6, 3]
    first = Counter(in_shares(counts, 1, start)[0] for start in range(10))
    assert [first[label] for label in range(3)] == counts


def test_counts_of_any_size_are_answered_at_once() -> None:
    found = Counter(in_shares([2**61, 2**60, 1, 0], 300_000))
    assert found[0] / found[1] == pytest.approx(2, rel=1e-3)
    assert 0 < found[2] < 10
    assert not found[3]
