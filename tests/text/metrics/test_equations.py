"""How equations are judged."""

from __future__ import annotations

import math

import pytest

from omnigan_text.grammar import ArithmeticData, sentences
from omnigan_text.metrics.equations import forms_covered, parse_rate, rule_difference


def test_the_share_that_parses() -> None:
    assert parse_rate(["a = b", "a + = b", "", "( a - 3 ) * 4 = x"]) == 0.5


def test_forms_are_covered_as_often_as_they_occur() -> None:
    real = ["a + b = 3", "x + 4 = a", "3 = a", "a * b = c"]
    assert forms_covered(["1 + 2 = 3"], real) == 0.5
    assert forms_covered(["1 + 2 = 3", "1 = 2"], real) == 0.75
    assert forms_covered(["nonsense"], real) == 0


def test_rules_by_hand() -> None:
    # Of what "number" expands to, two 1 against one 1 and three 2; all else is in proportion.
    found = rule_difference(["1 = 1"], ["1 = 2", "2 = 2"])
    numbers = (2**0.5 * 2 - 1 / 2**0.5) ** 2 / 3 + (0 - 3 / 2**0.5) ** 2 / 3
    assert found == pytest.approx(numbers / 1)


def test_samples_of_one_grammar_differ_by_about_one_per_degree_of_freedom() -> None:
    real = sentences(ArithmeticData(examples=6000))
    same = rule_difference(real[:3000], real[3000:])
    assert 0.3 < same < 2
    assert rule_difference(sentences(ArithmeticData(examples=3000, depth=0)), real) > 20
    assert rule_difference([text for text in real if "-" not in text], real) > 20


def test_nothing_to_judge() -> None:
    assert math.isnan(parse_rate([]))
    assert math.isnan(forms_covered(["a = b"], []))
    assert math.isnan(rule_difference(["no equation"], ["a = b"]))
