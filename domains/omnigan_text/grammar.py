"""A small grammar of arithmetic: text whose form can be checked exactly.

An equation looks like ``( a + 3 ) * b = c``. Its words stand between blanks, and it obeys

    equation -> sum = factor
    sum      -> product | sum + product | sum - product
    product  -> factor  | product * factor
    factor   -> number  | variable      | ( sum + product ) | ( sum - product )

where the factor behind ``=`` is a number or a variable. Each text has at most one derivation.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

from pydantic import Field

from omnigan.domain import Section
from omnigan.errors import UserError

__all__ = ["ArithmeticData", "form", "parses", "rules", "sentences"]

NUMBERS = tuple("0123456789")
VARIABLES = tuple("abcdxyz")
_MORE_TERMS, _MORE_FACTORS = 0.4, 0.3  # chance that a sum or a product goes on
_BRACKETS, _VARIABLE = 0.3, 0.55  # chance that a factor is in brackets, else a variable
_MINUS = 0.4
_TRIES = 50  # drawings for each example, before there seem to be no more


class ArithmeticData(Section):
    """What the source ``arithmetic`` consists of: different equations drawn from a grammar.

    Attributes:
        examples: How many equations.
        depth: How deep brackets may stand in brackets.
        longest: Most words of an equation; each number, variable, sign and bracket is one.
        seed: Of the drawing.
    """

    examples: int = Field(default=10_000, ge=2, le=1_000_000)
    depth: int = Field(default=2, ge=0, le=10)
    longest: int = Field(default=19, ge=3, le=200)
    seed: int = Field(default=0, ge=0)


def sentences(data: ArithmeticData) -> list[str]:
    """Draw different equations; the same settings give the same ones on every machine.

    Raises:
        UserError: There seem to be fewer different ones.
    """
    rng = random.Random(data.seed)
    found: dict[str, None] = {}
    for _ in range(_TRIES * data.examples):
        words = _equation(rng, data.depth)
        if len(words) <= data.longest:
            found[" ".join(words)] = None
            if len(found) == data.examples:
                return list(found)
    raise UserError(
        f"data.arithmetic: only {len(found):,} different equations were found, not "
        f"{data.examples:,}. Ask for fewer examples, or raise depth ({data.depth}) or longest "
        f"({data.longest})."
    )


def _equation(rng: random.Random, depth: int) -> list[str]:
    return [*_sum(rng, depth), "=", _atom(rng)]


def _sum(rng: random.Random, depth: int, least: int = 1) -> Iterator[str]:
    terms = 1
    yield from _product(rng, depth)
    while terms < least or rng.random() < _MORE_TERMS:
        yield "-" if rng.random() < _MINUS else "+"
        yield from _product(rng, depth)
        terms += 1


def _product(rng: random.Random, depth: int) -> Iterator[str]:
    yield from _factor(rng, depth)
    while rng.random() < _MORE_FACTORS:
        yield "*"
        yield from _factor(rng, depth)


def _factor(rng: random.Random, depth: int) -> Iterator[str]:
    if depth and rng.random() < _BRACKETS:
        yield "("
        yield from _sum(rng, depth - 1, least=2)
        yield ")"
    else:
        yield _atom(rng)


def _atom(rng: random.Random) -> str:
    known = VARIABLES if rng.random() < _VARIABLE else NUMBERS
    return known[int(rng.random() * len(known))]


def parses(text: str) -> bool:
    """Tell whether a text is an equation of the grammar, with brackets of any depth."""
    return _derivation(text.split()) is not None


def rules(text: str) -> Counter[str]:
    """Return how often the derivation of an equation uses each rule, such as ``factor -> number``.

    Returns:
        Nothing where the text is no equation.
    """
    return _derivation(text.split()) or Counter()


def form(text: str) -> str:
    """Return a text with every number and variable replaced by one mark."""
    return " ".join("x" if _kind(word) else word for word in text.split())


def _derivation(words: list[str]) -> Counter[str] | None:
    """Parse words from left to right.

    It keeps a stack of its own, since what a generator writes may open a thousand brackets.
    """
    if len(words) < 3 or words[-2] != "=" or not _kind(words[-1]):
        return None
    used = Counter(["equation -> sum = factor", *_leaf(words[-1])])
    levels = [_Level(used)]
    for word in words[:-2]:
        level = levels[-1]
        if word == "(" and not level.complete:
            levels.append(_Level(used))
        elif word == ")" and level.complete and len(levels) > 1 and level.terms > 1:
            levels.pop()
            levels[-1].complete = True
            used["factor -> ( sum )"] += 1
        elif not level.take(word):
            return None
    return used if len(levels) == 1 and levels[0].complete else None


class _Level:
    """A sum that is being read, outside or within brackets.

    Attributes:
        complete: Whether it could end here; else a factor must follow.
        terms: Products that have begun.
    """

    def __init__(self, used: Counter[str]) -> None:
        self.used = used
        self.complete = False
        self.terms = 1
        used.update(["sum -> product", "product -> factor"])

    def take(self, word: str) -> bool:
        """Go on by a sign, a number or a variable, and tell whether that may stand here."""
        if not self.complete:
            self.used.update(_leaf(word))
            self.complete = _kind(word) != ""
            return self.complete
        self.complete = False
        if word == "*":
            self.used["product -> product * factor"] += 1
        elif word in ("+", "-"):
            self.terms += 1
            self.used.update([f"sum -> sum {word} product", "product -> factor"])
        else:
            return False
        return True


def _kind(word: str) -> str:
    """Return ``number``, ``variable``, or nothing where the word is neither."""
    return "number" if word in NUMBERS else "variable" if word in VARIABLES else ""


def _leaf(word: str) -> list[str]:
    kind = _kind(word)
    return [f"factor -> {kind}", f"{kind} -> {word}"] if kind else []
