"""Quality-diversity curves: the table, the numbers and the picture."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from omnigan import api
from omnigan.errors import UserError
from omnigan.evaluation.canvas import COLOURS, INK
from omnigan.evaluation.curves import Curves
from omnigan.evaluation.plot import Panel, Series, draw, ticks
from omnigan.evaluation.provenance import Provenance
from omnigan.evaluation.results import Evaluation, Row
from omnigan.sampling import Trained

NAN = math.nan
SOURCE = Provenance("", "", "", "valid", 1, "", 1, 0)


def scored(floor: float = 0.5, **values: float) -> Evaluation:
    """Return an evaluation with scores by name; ``__`` stands for a blank before the part."""
    made = []
    for name, value in values.items():
        metric, _, part = name.partition("__")
        made.append(Row(metric, part, value, floor, "lower" if part else "match", 2, SOURCE))
    return Evaluation(tuple(made), 1, 1, 1, 0)


def curves(**runs: dict[float, Evaluation]) -> Curves:
    return Curves([("quality", "variety__of words".replace("__", " "))], "headline", runs)


# ---- what is measured --------------------------------------------------------------------------


@pytest.fixture
def writer(chain: ModuleType) -> Trained:
    domain = chain.ChainDomain(chain.Config(data={"examples": 200, "held_out": 100}))
    torch.manual_seed(0)
    return Trained(domain, domain.generator(), 0, torch.device("cpu"))


def test_each_run_is_evaluated_at_each_temperature(writer: Trained) -> None:
    found = api.curves({"one": writer, "two": writer}, [0.1, 1.0], samples=64)
    assert found.pairs == [("true likelihood", "unique share")]
    assert found.scores == ["true likelihood", "unique share"]  # the headline is one of them
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert [(each["run"], each["temperature"]) for each in told["points"]] == [
        ("one", 0.1), ("one", 1.0), ("two", 0.1), ("two", 1.0)
    ]  # fmt: skip
    cold, warm = told["points"][:2]
    assert cold["scores"]["unique share"] < warm["scores"]["unique share"]
    assert cold["real"] == warm["real"]
    plain = api.evaluate(writer, samples=64)
    (row,) = (row for row in plain.rows if row.name == "unique share")
    assert warm["scores"]["unique share"] == row.value
    assert warm["real"]["unique share"] == row.floor


def test_a_domain_without_temperature_is_a_mistake(plane: type, writer: Trained) -> None:
    domain = plane()
    trained = Trained(domain, domain.generator(), 0, torch.device("cpu"))
    with pytest.raises(UserError, match="temperatures: Plane has no temperature"):
        api.curves({"plane": trained}, [1.0])
    with pytest.raises(UserError, match="no scores in common"):
        api.curves({"plane": trained, "writer": writer}, [1.0])
    domain.curves = lambda: [("mean x", "mean y")]
    with pytest.raises(UserError, match=r"temperatures: temperature=0\.5: this model has no"):
        api.curves({"plane": trained}, [0.5])


# ---- the table ---------------------------------------------------------------------------------


def test_the_table_has_a_line_for_each_run_at_each_temperature_and_real_data() -> None:
    found = curves(
        ours={
            0.5: scored(quality=0.123, variety__of_words=1, headline=3, other=9),
            1.0: scored(quality=NAN, headline=4),
        },
        theirs={1.0: scored(quality=0.7, headline=5)},
    )
    assert [line.split() for line in found.table().splitlines()] == [
        ["run", "temperature", "quality", "variety", "of", "words", "headline"],
        ["ours", "0.5", "0.12", "-", "3.00"],
        ["ours", "1", "-", "-", "4.00"],
        ["theirs", "1", "0.70", "-", "5.00"],
        ["real", "0.50", "-", "0.50"],
    ]


def test_runs_that_have_learned_from_other_data_have_no_common_real_score() -> None:
    one, two = scored(quality=1, floor=0.5), scored(quality=1, floor=0.6)
    assert curves(a={1.0: one}, b={1.0: one}).real("quality") == 0.5
    assert math.isnan(curves(a={1.0: one}, b={1.0: two}).real("quality"))
    assert math.isnan(curves(a={1.0: one}).real("absent"))


def test_nothing_to_draw_and_nowhere_to_write_are_mistakes(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing to draw"):
        curves(a={1.0: scored(quality=NAN)}).draw(tmp_path / "a.png")
    row = Row("variety", "of words", 1.0, 0.5, "higher", 2, SOURCE)
    one = Evaluation((*scored(quality=1).rows, row), 1, 1, 1, 0)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"a\.png cannot be written"):
        curves(a={1.0: one}).draw(tmp_path / "file" / "a.png")
    curves(a={1.0: one}).draw(tmp_path / "new" / "a.png")
    assert _size(tmp_path / "new" / "a.png")[0] > 500


# ---- the picture -------------------------------------------------------------------------------


@given(
    low=st.floats(-1e6, 1e6),
    span=st.floats(1e-6, 1e6),
    most=st.integers(3, 12),
)
def test_ticks_are_round_few_and_within(low: float, span: float, most: int) -> None:
    high = low + span
    if high - low < 1e-9 * abs(low):
        return
    found = ticks(low, high, most)
    assert 1 <= len(found) <= most + 1
    slack = 1e-6 * (high - low) + 1e-9
    assert all(low - slack <= tick <= high + slack for tick in found)
    steps = {b - a for a, b in pairwise(found)}
    for step in steps:
        digits = step / 10 ** math.floor(math.log10(step) + 1e-6)
        assert min(abs(digits - n) for n in (1, 2, 5, 10)) < 1e-2 + abs(low) / span * 1e-6


def _pixels(path: Path, colour: tuple[int, int, int]) -> list[tuple[int, int]]:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    near = np.abs(pixels.astype(int) - colour).max(2) < 60  # thin lines are smoothed
    rows, columns = near.nonzero()
    return list(zip(columns.tolist(), rows.tolist(), strict=True))


def _size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_points_are_where_they_should_be(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    series = Series("one", [(0.0, 0.0, ""), (1.0, 2.0, ""), (NAN, 1.0, "")])
    draw([Panel("x", "y", [series], (0.0, 2.0))], path)
    found = [place for place in _pixels(path, COLOURS[0]) if place[1] < 470]  # not of the legend
    left, right = min(found), max(found)
    # the plane is 520 x 400 from (84, 56), with margins of 0.08 of the data on each side
    assert left[0] == pytest.approx(84 + 520 * 0.08 / 1.16, abs=6)
    assert right[0] == pytest.approx(84 + 520 * 1.08 / 1.16, abs=6)
    assert max(y for _, y in found) == pytest.approx(456 - 400 * 0.08 / 1.16, abs=6)
    assert min(y for _, y in found) == pytest.approx(456 - 400 * 1.08 / 1.16, abs=6)
    middle = (left[0] + right[0]) / 2
    assert any(abs(x - middle) < 2 and abs(y - 256) < 3 for x, y in found), "a line joins them"
    stars = [(x, y) for x, y in _pixels(path, INK) if x < 140 and 60 < y < 130]
    assert stars
    star = [sum(each) / len(stars) for each in zip(*stars, strict=True)]
    assert star == pytest.approx([84 + 520 * 0.08 / 1.16, 456 - 400 * 1.08 / 1.16], abs=2)


def test_half_a_real_place_is_a_line_and_many_series_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    many = [Series(f"run {i}", [(i, i, "0.7"), (i + 1, i, "1")]) for i in range(9)]
    panel = Panel("x", "y", many, (NAN, 4.0))
    draw([panel, Panel("other", "y", many)], path)
    dashes = {y for x, y in _pixels(path, INK) if 300 < x < 400 and 200 < y < 320}
    assert any(abs(y - 256) <= 2 for y in dashes)
    assert _size(path)[0] == 2 * (84 + 520 + 28)
    assert all(_pixels(path, colour) for colour in COLOURS)


def test_one_point_and_equal_values_can_be_drawn(tmp_path: Path) -> None:
    draw([Panel("x", "y", [Series("one", [(3.0, 3.0, "1")])])], tmp_path / "a.png")
    draw([Panel("x", "y", [Series("one", [(0.0, 0.0, "1"), (0.0, 0.0, "2")])])], tmp_path / "b.png")
    assert _pixels(tmp_path / "a.png", COLOURS[0])
