"""How well texts obey the grammar of :mod:`omnigan_text.grammar`, and how much of it they use."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from omnigan_text.grammar import form, parses, rules

__all__ = ["forms_covered", "parse_rate", "rule_difference"]


def parse_rate(texts: Sequence[str]) -> float:
    """Return the share of texts that are equations of the grammar."""
    return sum(map(parses, texts)) / len(texts) if texts else float("nan")


def forms_covered(texts: Sequence[str], real: Sequence[str]) -> float:
    """Return the share of real equations whose form one of the texts has, too.

    The form is the equation with one mark for every number and variable.
    """
    forms = {form(text) for text in texts}
    return sum(form(text) in forms for text in real) / len(real) if real else float("nan")


def rule_difference(texts: Sequence[str], real: Sequence[str]) -> float:
    """Return how unlike the frequencies of rules are, as chi-square over degrees of freedom.

    It is the two-sample statistic, summed over what rules expand (a sum, a product, a factor, a
    number, a variable). Rules in one equation are not independent, so that samples of one
    distribution have about 1, not exactly.

    Returns:
        NaN where no text is an equation.
    """
    ours, theirs = _used(texts), _used(real)
    statistic, freedom = 0.0, 0
    for expanded in theirs:
        mine, other = ours[expanded], theirs[expanded]
        if not mine.total() or len(other) < 2:
            continue
        ratio = (other.total() / mine.total()) ** 0.5
        freedom += len(mine | other) - 1
        statistic += sum(
            (ratio * mine[rule] - other[rule] / ratio) ** 2 / (mine[rule] + other[rule])
            for rule in mine | other
        )
    return statistic / freedom if freedom else float("nan")


def _used(texts: Sequence[str]) -> defaultdict[str, Counter[str]]:
    """Return how often each rule is used, by what it expands."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for rule, count in rules(text).items():
            found[rule.split(" -> ")[0]][rule] += count
    return found
