from __future__ import annotations

from typing import Any

import pytest

from omnigan.errors import UserError
from omnigan.recipe.overrides import apply, parse


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("train.steps=3000", ("train", "steps"), 3000),
        ("train.rate=1e-3", ("train", "rate"), 0.001),
        ("data.source=a=b=c", ("data", "source"), "a=b=c"),
        ("data.parts.0.name=x", ("data", "parts", "0", "name"), "x"),
        ("train.clip=", ("train", "clip"), None),
        ("data.source=my #1 hits", ("data", "source"), "my #1 hits"),
        ("data.source= #1 hits ", ("data", "source"), "#1 hits"),
        ("data.source='#1' ", ("data", "source"), "#1"),
        ("data.names=[a#, 'b #']", ("data", "names"), ["a#", "b #"]),
        ("train.steps=300 #short", ("train", "steps"), "300 #short"),
        ("train.penalties={r1: {weight: 2}}", ("train", "penalties"), {"r1": {"weight": 2}}),
    ],
)
def test_key_and_value_are_split_at_the_first_equals_sign(
    text: str, path: tuple[str, ...], value: Any
) -> None:
    override = parse(text)
    assert (override.path, override.value) == (path, value)


WRONG = ["train.steps", "=3", ".a=3", "a..b=3", "a=[", "a=*x", ""]
WITH_COMMENTS = ["a='b' #c", "a=[b] # c", "a={b: c} #", "a=[b #c]"]


@pytest.mark.parametrize("text", WRONG + WITH_COMMENTS)
def test_what_is_no_override_is_quoted(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(text)
    assert str(caught.value).startswith(f"setting '{text}'")


def _applied(values: dict[str, Any], text: str, defaults: dict[str, Any]) -> dict[str, Any]:
    apply(values, parse(text), defaults)
    return values


@pytest.mark.parametrize(
    ("values", "text", "result"),
    [
        ({}, "a=1", {"a": 1}),
        ({"s": {"a": 1, "b": 2}}, "s.a=3", {"s": {"a": 3, "b": 2}}),
        ({"s": {"l": [{"a": 1}, {"a": 2}]}}, "s.l.1.a=3", {"s": {"l": [{"a": 1}, {"a": 3}]}}),
        ({"s": {"l": [1, 2]}}, "s.l.0=9", {"s": {"l": [9, 2]}}),
        ({"s": {"0": 1}}, "s.0=2", {"s": {"0": 2}}),
        # One part of a default keeps the default's other parts; a section takes them later.
        ({}, "s.ramp.end=5", {"s": {"ramp": {"start": 1, "end": 5}}}),
        ({"s": {"ramp": {"start": 3}}}, "s.ramp.end=5", {"s": {"ramp": {"start": 3, "end": 5}}}),
        ({"s": {"pair": None}}, "s.pair.1=5", {"s": {"pair": [0, 5]}}),
    ],
)
def test_a_value_is_set_in_its_place(
    values: dict[str, Any], text: str, result: dict[str, Any]
) -> None:
    defaults = {"s": {"ramp": {"start": 1, "end": 2}, "pair": [0, 1], "other": 7}}
    assert _applied(values, text, defaults) == result
    assert defaults == {"s": {"ramp": {"start": 1, "end": 2}, "pair": [0, 1], "other": 7}}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("s.word.x=1", "'s.word' is 'auto', which has no part 'x'"),
        ("s.items.2=1", "'s.items' is a list of 2 items, counted from 0; '2' is none"),
        ("s.items.-1=1", "'-1' is none of them"),
        ("s.items.name=1", "'name' is none of them"),
    ],
)
def test_a_key_that_leads_nowhere_is_explained(text: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        _applied({"s": {"word": "auto", "items": [1, 2]}}, text, {})
    assert str(caught.value).startswith(f"setting '{text}': ")
    assert says in str(caught.value)


def test_an_override_is_not_changed_by_a_later_one_that_sets_a_part_of_its_value() -> None:
    values: dict[str, Any] = {}
    first = parse("a={b: 1}")
    for override in (first, parse("a.b=2")):
        apply(values, override, {})
    assert values == {"a": {"b": 2}}
    assert first == parse("a={b: 1}")
