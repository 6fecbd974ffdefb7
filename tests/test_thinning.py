"""Places that are spread evenly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from omnigan import thinning
from omnigan.evaluation.thinning import evenly


def test_numbers_are_spread_from_the_first() -> None:
    assert thinning.evenly(10, 4) == [0, 2, 5, 7]
    assert thinning.evenly(2, 4) == [0, 0, 1, 1]
    assert thinning.evenly(5, 0) == thinning.evenly(0, 0) == []


@given(st.integers(1, 300), st.integers(1, 300))
def test_gaps_differ_by_no_more_than_one(total: int, n: int) -> None:
    places = thinning.evenly(total, n)
    gaps = [b - a for a, b in zip(places, [*places[1:], total], strict=True)]
    assert sum(gaps) == total
    assert max(gaps) - min(gaps) <= 1
    assert evenly(total, n).tolist() == places
