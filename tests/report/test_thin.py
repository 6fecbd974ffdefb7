"""Fewer points, the same picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan.report.thin import thin

CURVES = st.tuples(st.integers(1, 4000), st.integers(0, 2**32 - 1), st.integers(4, 200))


@given(CURVES)
def test_ends_and_extremes_stay(curve: tuple[int, int, int]) -> None:
    count, seed, most = curve
    values = np.random.default_rng(seed).normal(size=count).round(1)  # rounded: with ties
    kept = thin(values, most)
    assert len(kept) <= most
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, count - 1)
    assert values[kept].min() == values.min()
    assert values[kept].max() == values.max()
    if count <= most:
        assert len(kept) == count


@pytest.mark.parametrize("place", [1, 137, 5000, 99_998])
def test_a_single_spike_in_a_long_run_stays(place: int) -> None:
    values = np.zeros(100_000)
    values[place] = 1
    assert place in thin(values, 1000)


def test_each_stretch_keeps_what_a_plot_would_show_of_it() -> None:
    values = np.random.default_rng(0).normal(size=1003)
    kept = thin(values, 40)
    for start, end in zip(np.linspace(0, 1003, 11)[:-1], np.linspace(0, 1003, 11)[1:], strict=True):
        inside = [place for place in kept if int(start) <= place < int(end)]
        assert values[inside].min() == values[int(start) : int(end)].min()
        assert values[inside].max() == values[int(start) : int(end)].max()
