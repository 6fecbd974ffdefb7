"""Charts stay in their frame and tell the numbers they were given."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan.report.charts import HEIGHT, WIDTH, Chart, Series, short

Parse = Callable[[str], Any]
NUMBERS = st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (0.1 + 0.2, "0.3"),
        (-3, "-3"),
        (9999, "9999"),
        (12_000, "12k"),
        (2_500_000, "2.5M"),
        (-3e9, "-3G"),
        (0.0001, "0.0001"),
        (0.00001, "1e-5"),
        (2.5e-7, "2.5e-7"),
        (1e20, "1e20"),
    ],
)
def test_numbers_on_an_axis_are_short(value: float, said: str) -> None:
    assert short(value) == said


def places(markup: str, parse: Parse) -> list[tuple[float, float]]:
    (line,) = parse(markup).all("polyline")
    pairs = [pair.split(",") for pair in (line["points"] or "").split()]
    return [(float(x), float(y)) for x, y in pairs]


@given(NUMBERS, st.none() | st.floats(-1e12, 1e12))
def test_every_curve_lies_in_its_frame(values: list[float], floor: float | None) -> None:
    chart = Chart("it", "unit", [Series("a", range(len(values)), values, floor)])
    markup, data = chart.draw(0)
    start = markup.index('<polyline points="') + len('<polyline points="')
    pairs = [pair.split(",") for pair in markup[start : markup.index('"', start)].split()]
    assert len(pairs) == len(values)
    assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in pairs)
    steps, numbers = data["series"][0]
    assert steps == list(range(len(values)))
    assert numbers == pytest.approx(values, rel=1e-3)


def test_greater_is_higher_and_later_is_further_right(parse: Parse) -> None:
    markup, _ = Chart("it", "unit", [Series("a", [0, 5, 10], [1.0, 3.0, 2.0])]).draw(0)
    (x0, y0), (x1, y1), (x2, y2) = places(markup, parse)
    assert x0 < x1 < x2
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y0 > y2 > y1
    assert (y0 + y1) / 2 == pytest.approx(y2, abs=0.2)


def test_values_of_many_sizes_get_a_logarithmic_axis(parse: Parse) -> None:
    markup, _ = Chart("it", "norm", [Series("a", [0, 1, 2], [0.001, 0.1, 10.0])]).draw(0)
    heights = [y for _, y in places(markup, parse)]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2], abs=0.2)
    assert "norm, logarithmic" in parse(markup).words
    for values in ([-0.001, 0.1, 10.0], [1.0, 2.0, 3.0], [0.0, 1.0, 100.0]):
        assert "logarithmic" not in Chart("it", "x", [Series("a", [0, 1, 2], values)]).draw(0)[0]


def test_a_chart_can_be_read_without_seeing_it(parse: Parse) -> None:
    series = [Series("<b>", [0, 9], [1.0, 2.0], floor=0.25), Series("b", [0, 9], [4.0, 3.0])]
    page = parse(Chart("Losses", "loss", series).draw(3)[0])
    (drawing,) = page.all("svg")
    assert drawing["role"] == "img"
    assert drawing["aria-label"] == (
        "Losses: <b> from 1 at step 0 to 2 at step 9, least 1, greatest 2; "
        "b from 4 at step 0 to 3 at step 9, least 3, greatest 4."
    )
    assert "<b> 2 (floor 0.25)" in page.words
    assert "step" in page.words
    assert len(page.all("polyline")) == 2
    assert page.all("figure", **{"data-chart": "3"})
    assert len([line for line in page.all("line") if "floor" in (line["class"] or "")]) == 1


def test_a_long_curve_is_thinned() -> None:
    values = np.random.default_rng(0).normal(size=100_000)
    markup, data = Chart("it", "x", [Series("a", np.arange(100_000), values)]).draw(0)
    assert len(data["series"][0][0]) <= 1000
    assert len(markup) < 30_000


@pytest.mark.parametrize("floor", [None, 5e-324])
@pytest.mark.parametrize("other", [0.0, 1.0])
def test_what_is_too_small_for_round_numbers_is_drawn_as_nothing(
    other: float, floor: float | None
) -> None:
    tiny, nothing = (
        re.findall(
            r'points="([^"]+)"', str(Chart("", "", [Series("", [0, 1], y, floor)]).draw(0)[0])
        )
        for y in ([other, 5e-324], [other, 0.0])
    )
    assert tiny == nothing
    assert len(tiny) == 1
