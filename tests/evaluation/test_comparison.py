"""Scores that were not computed alike never share a column."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace

import pytest

from omnigan.errors import UserError
from omnigan.evaluation.comparison import columns, comparison_json, comparison_table
from omnigan.evaluation.headline import Headline, headline, headline_metric
from omnigan.evaluation.provenance import Provenance, comparable, differences
from omnigan.evaluation.results import Evaluation, Row

SOME = Provenance("classifier", "a" * 64, "box", "valid", 100, "b" * 64, 50, 0, "0.1.0")
OTHER = {
    "extractor": "random",
    "weights": "c" * 64,
    "preprocessing": "lanczos",
    "reference": "train",
    "reference_count": 99,
    "reference_sha256": "d" * 64,
    "samples": 60,
    "seed": 1,
    "version": "0.2.0",
}


def evaluation(value: float, provenance: Provenance = SOME, **more: object) -> Evaluation:
    row = Row("distance", "", value, 0.5, "lower", 2, provenance)
    return Evaluation((replace(row, **more),), provenance.samples, 100, 400, provenance.seed)


def test_nothing_that_matters_is_left_out() -> None:
    assert set(OTHER) == {field.name for field in fields(Provenance)}


@pytest.mark.parametrize("name", OTHER)
def test_any_difference_makes_a_column_of_its_own(name: str) -> None:
    changed = replace(SOME, **{name: OTHER[name]})
    assert not comparable(SOME, changed)
    assert SOME.id != changed.id
    runs = {"a": evaluation(1), "b": evaluation(2, changed), "c": evaluation(3)}
    first, second = columns(runs)
    assert {run: row.value for run, row in first.rows.items()} == {"a": 1, "c": 3}
    assert {run: row.value for run, row in second.rows.items()} == {"b": 2}
    for column, value in ((first, getattr(SOME, name)), (second, OTHER[name])):
        shown = str(value)[:12]
        assert column.title.startswith("distance [")
        assert shown in column.title
        assert "," not in column.title, "only what differs is named"


def test_equal_provenance_is_one_column() -> None:
    (column,) = columns({"a": evaluation(1), "b": evaluation(2, replace(SOME))})
    assert column.title == "distance"
    assert list(column.rows) == ["a", "b"]
    assert column.floor == 0.5


def test_floors_that_differ_are_not_shown_as_one() -> None:
    (column,) = columns({"a": evaluation(1), "b": evaluation(2, floor=0.6)})
    assert math.isnan(column.floor)


def test_differences_are_named_in_words() -> None:
    other = replace(SOME, samples=60, preprocessing="")
    assert differences(SOME, [SOME, other]) == "preprocessing box, samples 50"
    assert differences(other, [SOME, other]) == "preprocessing none, samples 60"
    assert differences(SOME, [SOME]) == ""


def test_why_there_are_no_scores_of_distributions_is_said_once_for_all_it_is_true_of() -> None:
    few, fewer = (replace(evaluation(1), too_few=f"There are {how}.") for how in ("few", "fewer"))
    plain = comparison_table({"a": evaluation(1), "b": evaluation(1)})
    assert comparison_table({"a": few, "b": few}) == f"There are few.\n\n{plain}"
    said = comparison_table({"a": few, "b": evaluation(1), "c": few, "d": fewer}).splitlines()
    assert said[:3] == ["a, c: There are few.", "d: There are fewer.", ""]


def test_table() -> None:
    runs = {"first": evaluation(1), "second": evaluation(22, replace(SOME, seed=1))}
    assert comparison_table(runs).splitlines() == [
        "metric             first  second  floor  better",
        "distance [seed 0]   1.00           0.50  lower",
        "distance [seed 1]          22.00   0.50  lower",
    ]


def test_json() -> None:
    runs = {"a": evaluation(1), "b": evaluation(math.nan)}
    told = json.loads(json.dumps(comparison_json(runs), allow_nan=False))
    assert told["columns"] == [
        {
            "title": "distance",
            "provenance": SOME.id,
            "floor": 0.5,
            "better": "lower",
            "values": {"a": 1.0, "b": None},
        }
    ]
    assert told["evaluations"]["a"]["provenances"][SOME.id]["reference_sha256"] == "b" * 64


# ---- which is best -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "value", "distance"),
    [("lower", 2.0, 2.0), ("higher", 2.0, -2.0), ("match", 0.2, 0.3)],
)
def test_less_is_better(better: str, value: float, distance: float) -> None:
    found = headline(evaluation(value, better=better), "distance")
    assert found.distance == pytest.approx(distance)
    assert found.beats(Headline())
    assert not found.beats(found)
    assert Headline(distance - 0.1, 1).beats(found)


def _of_parts(*values: float) -> Headline:
    row = evaluation(0).rows[0]
    rows = tuple(replace(row, part=str(n), value=value) for n, value in enumerate(values))
    return headline(replace(evaluation(0), rows=rows), "distance")


def test_parts_are_averaged() -> None:
    assert _of_parts(1.0, 3.0, math.nan).distance == 2
    assert _of_parts(1.0, 2.0, math.nan).beats(_of_parts(1.0, 3.0, math.inf))


@pytest.mark.parametrize("collapsed", [(4.0, math.nan), (4.0, math.inf), (4.0,)])
def test_a_part_without_a_value_is_no_merit(collapsed: tuple[float, ...]) -> None:
    assert _of_parts(1.0, 9.0).beats(_of_parts(*collapsed))
    assert not _of_parts(*collapsed).beats(_of_parts(1.0, 9.0))


def test_what_has_no_value_beats_nothing() -> None:
    for nothing in (_of_parts(math.nan), _of_parts(math.inf, math.nan), _of_parts()):
        assert not nothing.beats(Headline())


def test_the_metric_of_a_recipe(plane) -> None:
    assert headline_metric(plane(), "auto") == "Frechet distance"
    assert headline_metric(plane(), "offset") == "offset"
    assert headline_metric(plane(), "told from real") == "told from real"
    with pytest.raises(UserError, match=r"log\.best: .*'ofset'.* Did you mean 'offset'\?"):
        headline_metric(plane(), "ofset")
