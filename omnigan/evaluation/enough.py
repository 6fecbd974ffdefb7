"""Are there enough examples to speak of distributions, and what to change if not?"""

from __future__ import annotations

import math

from omnigan.domain import Domain
from omnigan.evaluation.two_sample import LEAST

__all__ = ["few_held_out", "shortage"]

ROUGH = 50
"""Held-out examples below which every score is rough."""

_MOST_HELD_OUT = 0.5  # share of the data beyond which too few are left to train on


def shortage(domain: Domain, samples: int, remedy: str = f"ask for {LEAST} or more") -> str:
    """Say of which examples there are too few for scores of distributions, and what to write.

    Args:
        domain: Where real examples are from; resolved.
        samples: Generated examples, and at most as many real ones.
        remedy: What to write where those are too few.

    Returns:
        A sentence, or ``""`` where there are enough.
    """
    held_out, train = len(domain.source("valid")), len(domain.source("train"))
    if samples < LEAST:
        few = f"{samples} would be generated: {remedy}"
    elif held_out < LEAST:
        few = f"only {held_out} are held out: {_more_held_out(domain, held_out, LEAST)}"
    elif train < LEAST:
        few = f"only {train} are there to train on: add data"
    else:
        return ""
    return f"Scores of distributions take {LEAST} examples of each kind, and {few}."


def few_held_out(domain: Domain) -> str:
    """Say that there are few held-out examples, and what to write.

    Returns:
        A sentence, or ``""`` where there are enough, or none, as some data is meant to be.
    """
    held_out = len(domain.source("valid"))
    if not 0 < held_out < ROUGH:
        return ""
    only = "example is" if held_out == 1 else "examples are"
    return (
        f"Only {held_out} {only} held out, so that every score will be rough: "
        f"{_more_held_out(domain, held_out, ROUGH)}."
    )


def _more_held_out(domain: Domain, held_out: int, least: int) -> str:
    share = getattr(domain.config.data, "held_out", None)
    if not isinstance(share, float) or not held_out:
        return "add data"
    # One more than needed: shares of groups of examples are not met exactly.
    wanted = math.ceil(100 * share * (least + 1) / held_out) / 100
    return (
        f"write data.held_out={wanted:g}, or add data" if wanted <= _MOST_HELD_OUT else "add data"
    )
