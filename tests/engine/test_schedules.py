"""Scheduled numbers at places where their value is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan.engine.schedules import at
from omnigan.recipe.schema import Ramp


@pytest.mark.parametrize("progress", [0.0, 0.3, 1.0])
def test_a_number_stays(progress: float) -> None:
    assert at(0.25, progress) == 0.25
    assert at(Ramp(start=2, end=5, shape="constant"), progress) == 2


@pytest.mark.parametrize(
    ("shape", "values"),
    [
        ("linear", {0.0: 1.0, 0.25: 1.5, 0.5: 2.0, 1.0: 3.0}),
        # cos(60 degrees) = 1/2, so a third of the way is a quarter of the change
        ("cosine", {0.0: 1.0, 1 / 3: 1.5, 0.5: 2.0, 2 / 3: 2.5, 1.0: 3.0}),
    ],
)
def test_a_ramp_goes_from_start_to_end(shape: str, values: dict[float, float]) -> None:
    for progress, value in values.items():
        assert at(Ramp(start=1, end=3, shape=shape), progress) == pytest.approx(value)
        half = Ramp(start=1, end=3, shape=shape, until=0.5)
        assert at(half, progress / 2) == pytest.approx(value)
        assert at(half, 0.5 + progress / 2) == 3


@given(
    shape=st.sampled_from(["linear", "cosine"]),
    ends=st.tuples(st.floats(0, 10), st.floats(0, 10)),
    until=st.floats(0.01, 1),
    places=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_ramp_never_turns_or_overshoots(
    shape: str, ends: tuple[float, float], until: float, places: tuple[float, float]
) -> None:
    ramp = Ramp(start=ends[0], end=ends[1], shape=shape, until=until)
    first, second = (at(ramp, place) for place in sorted(places))
    low, high = sorted(ends)
    assert low - 1e-9 <= first <= high + 1e-9
    assert (second - first) * (ends[1] - ends[0]) >= -1e-9
