"""The README's figures are those of docs/results.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

import pytest

CHECKOUT = Path(__file__).parents[2]
SECTIONS = {"music": "the music", "image": "the images", "audio": "the sounds", "text": "the texts"}
NUMBER = re.compile(r"(?<![\w.,-])(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|\.\d+)(?!\w)( %)?")


def rows() -> list[list[str]]:
    """Return the cells of the README's table of scores."""
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8").partition("### How good is it?")[2]
    table = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def numbers(text: str) -> list[float]:
    """Return the numbers in a text, per cents as shares."""
    found = ((value.replace(",", ""), percent) for value, percent in NUMBER.findall(text))
    return [float(value) / (100 if percent else 1) for value, percent in found]


def told(section: str) -> Iterator[float]:
    """Yield the numbers of a section of the results, and the means of a measure over its seeds."""
    text = (CHECKOUT / "docs" / "results.md").read_text(encoding="utf-8")
    body = (
        text.partition(f"## How good are {section}?")[2]
        or text.partition(f"## How good is {section}?")[2]
    )
    body = body.partition("\n## ")[0]
    yield from numbers(body)
    for line in body.splitlines():
        cells = [numbers(cell) for cell in line.split("|")]
        for few in zip(cells, cells[1:], cells[2:], strict=False):
            if all(len(each) == 1 for each in few):
                yield mean(each[0] for each in few)


def decimals(value: str) -> int:
    return len(value.partition(".")[2])


@pytest.mark.parametrize(
    "cells",
    rows(),
    ids=lambda cells: cells[0],
)
def test_a_figure_is_in_the_results(cells: list[str]) -> None:
    recipe, _, *figures = cells
    [kind] = [kind for kind in SECTIONS if recipe.startswith(f"`{kind}")]
    known = list(told(SECTIONS[kind]))
    for value, _ in NUMBER.findall(" ; ".join(figures)):
        if value not in ("0", "1"):  # what is best by definition
            assert numbers(value)[0] in [round(each, decimals(value)) for each in known], value


def test_the_table_is_found() -> None:
    assert len(rows()) == 5
