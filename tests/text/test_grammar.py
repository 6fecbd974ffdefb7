"""The grammar: what is drawn parses, and what parses is what an evaluator by hand accepts."""

from __future__ import annotations

import ast
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from omnigan.errors import UserError
from omnigan_text.grammar import ArithmeticData, form, parses, rules, sentences

WORDS = st.lists(st.sampled_from([*"=()+-*a7"]), max_size=14)


def test_what_is_drawn_parses_is_different_and_as_asked_for() -> None:
    data = ArithmeticData(examples=3000, depth=1, longest=15)
    found = sentences(data)
    assert len(found) == len(set(found)) == 3000
    assert all(parses(text) for text in found)
    assert max(len(text.split()) for text in found) == 15
    depths = {
        max(text[:place].count("(") - text[:place].count(")") for place in range(len(text)))
        for text in found
    }
    assert depths == {0, 1}
    assert len({form(text) for text in found}) > 300


def test_a_seed_says_which() -> None:
    first, again, other = (sentences(ArithmeticData(examples=50, seed=s)) for s in (1, 1, 2))
    assert first == again != other
    assert sentences(ArithmeticData(examples=3, seed=0)) == ["4 * y = 9", "y + 9 = 6", "d = 4"]


def test_too_many_are_refused() -> None:
    with pytest.raises(UserError, match="only 289 different equations"):
        sentences(ArithmeticData(examples=400, longest=3))


def accepted(words: list[str]) -> bool:
    """Tell the same through Python's own parser, which knows brackets and priorities."""
    if len(words) < 3 or words[-2] != "=" or words[-1] not in "a7":
        return False
    left = words[:-2]
    pairs = set(pairwise(left))
    if "=" in left or {("*", "*"), ("(", ")"), ("a", "("), ("7", "(")} & pairs:
        return False
    try:
        tree = ast.parse(" ".join(left), mode="eval").body
    except SyntaxError:
        return False
    nodes = list(ast.walk(tree))
    if any(isinstance(node, ast.UnaryOp | ast.Call | ast.Tuple) for node in nodes):
        return False
    return bracketed_sums(left)


def bracketed_sums(words: list[str]) -> bool:
    """Tell whether every pair of brackets holds a + or - of its own."""
    open_: list[bool] = []
    for word in words:
        if word == "(":
            open_.append(False)
        elif word == ")":
            if not open_.pop():
                return False
        elif word in "+-" and open_:
            open_[-1] = True
    return True


@given(WORDS)
def test_parsing_agrees_with_python(words: list[str]) -> None:
    assert parses(" ".join(words)) == accepted(words)


@given(st.integers(0, 200), st.data())
def test_damaged_equations_are_judged_as_python_does(seed: int, data: st.DataObject) -> None:
    (text, _) = sentences(ArithmeticData(examples=2, depth=2, seed=seed))
    words = [word if word in "()+-*=" else "a" if word.isalpha() else "7" for word in text.split()]
    assert accepted(words)
    place = data.draw(st.integers(0, len(words) - 1))
    words[place : place + 1] = data.draw(st.lists(st.sampled_from([*"=()+-*a7"]), max_size=2))
    assert parses(" ".join(words)) == accepted(words)


@pytest.mark.parametrize(
    "text",
    [
        *("", "=", "a", "a =", "= a", "a = b = c", "a = ( b )", "a + = b", "a=b", "( a ) = b"),
        *("( a * b ) = c", "a b = c", "( a + b = c", "a + b ) = c", "12 = c", "e = a"),
        *("a = 1 + 2", "- a = b", "a + - b = c", "a ( b + c ) = d", "a * * b = c", "( ) = a"),
    ],
)
def test_what_is_no_equation(text: str) -> None:
    assert not parses(text)
    assert rules(text) == Counter()


def test_thousands_of_brackets_are_no_trouble() -> None:
    deep = 5000
    text = " ".join(["("] * deep + ["a"] + ["+ 1 )"] * deep + ["= b"])
    assert parses(text)
    assert rules(text)["factor -> ( sum )"] == deep
    assert not parses("( " * deep)


def test_rules_by_hand() -> None:
    assert rules("( a + 3 ) * b = c") == Counter(
        {
            "equation -> sum = factor": 1,
            "sum -> product": 2,
            "sum -> sum + product": 1,
            "product -> factor": 3,
            "product -> product * factor": 1,
            "factor -> ( sum )": 1,
            "factor -> variable": 3,
            "factor -> number": 1,
            **{f"variable -> {name}": 1 for name in "abc"},
            "number -> 3": 1,
        }
    )


@given(st.integers(0, 100))
def test_rules_balance(seed: int) -> None:
    """Every product but the first of a factor chain, and so on: counts must add up."""
    for text in sentences(ArithmeticData(examples=5, seed=seed)):
        used, words = rules(text), Counter(text.split())
        assume(used)
        assert used["sum -> sum + product"] == words["+"]
        assert used["sum -> sum - product"] == words["-"]
        assert used["product -> product * factor"] == words["*"]
        assert used["factor -> ( sum )"] == words["("]
        assert used["sum -> product"] == 1 + words["("]
        assert used["product -> factor"] == used["sum -> product"] + words["+"] + words["-"]
        factors = sum(used[f"factor -> {kind}"] for kind in ("number", "variable", "( sum )"))
        assert factors == used["product -> factor"] + words["*"] + 1


def test_forms() -> None:
    assert form("( a + 3 ) * b = 7") == "( x + x ) * x = x"
