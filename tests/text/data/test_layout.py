"""Whether blank lines divide paragraphs, stanzas, or only a list here and there."""

from __future__ import annotations

import random
import textwrap
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import pytest

from omnigan_text.data.layout import Layout, holds_paragraphs
from omnigan_text.data_config import TextData

Make = Callable[..., Any]
Write = Callable[[random.Random], list[str]]


def sentence(rng: random.Random, words: int) -> str:
    return " ".join("x" * rng.randint(2, 9) for _ in range(words)) + "."


def short_list(rng: random.Random, share: float = 1 / 8) -> list[str]:
    """Return a list of names; any line may be blank."""
    return ["" if rng.random() < share else sentence(rng, 2) for _ in range(800)]


def headlines(rng: random.Random) -> list[str]:
    """Return a list of long lines of nearly the same length that end no sentence."""
    lines = [f"{'x' * rng.randint(2, 9)} {'y' * rng.randint(46, 54)}" for _ in range(800)]
    return ["" if rng.random() < 1 / 8 else line for line in lines]


def sections(rng: random.Random) -> list[str]:
    """Return a long list in two parts."""
    return [*(sentence(rng, 5) for _ in range(60)), "", *(sentence(rng, 5) for _ in range(70))]


def spaced(rng: random.Random) -> list[str]:
    """Return paragraphs of one line each."""
    return [line for _ in range(90) for line in (sentence(rng, 40), "")]


def prose(rng: random.Random) -> list[str]:
    """Return wrapped paragraphs of very different lengths, and talk."""
    lines = []
    for _ in range(80):
        words = rng.choice([5, 8, 30, 60, 120, 250])
        lines += [*textwrap.wrap(sentence(rng, words), 72), ""]
    return lines


def quatrains(rng: random.Random) -> list[str]:
    """Return a title and stanzas of four lines."""
    return ["x", "", *(line for _ in range(60) for line in (*[sentence(rng, 6)] * 4, ""))]


def songs(rng: random.Random) -> list[str]:
    """Return verses and choruses of four to eight lines."""
    lines = []
    for _ in range(60):
        lines += [sentence(rng, rng.randint(4, 8)) for _ in range(rng.choice([4, 4, 6, 8]))]
        lines.append("")
    return lines


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (short_list, False),
        (partial(short_list, share=1 / 3), False),
        (partial(short_list, share=1 / 25), False),
        (headlines, False),
        (sections, False),
        (spaced, False),
        (prose, True),
        (quatrains, True),
        (songs, True),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_what_blank_lines_divide(write: Write, expected: bool, seed: int) -> None:
    layout = Layout()
    layout.add(write(random.Random(seed)))
    assert layout.has_paragraphs() is expected


def test_a_blank_line_more_or_less_changes_nothing_about_a_list(tmp_path: Any) -> None:
    names = (tmp_path / f"{number}.txt" for number in count())
    for lines in ([], [""], ["a"], ["a", "b"], ["", "a", "", "", "b", ""]):
        path = next(names)
        path.write_text("\n".join(lines))
        assert not holds_paragraphs([path], TextData(source=str(path)))
    assert not holds_paragraphs([], TextData())
    assert not holds_paragraphs([tmp_path / "none.txt"], TextData())


def test_the_report_says_the_unit_and_the_setting_for_the_other(
    loaded: Make, write: Make, phrases: list[str]
) -> None:
    rng = random.Random(0)
    lines = [
        line for phrase in phrases for line in ((phrase, "") if rng.random() < 0.2 else (phrase,))
    ]
    path = write("a.txt", "\n".join(lines))
    data, text, _ = loaded(path)
    assert data.unit == "line"
    assert text.report()["summary"][1] == (
        "An example is a line; with data.unit=paragraph it is all lines up to a blank one."
    )
    data, text, _ = loaded(path, unit="paragraph")
    assert text.report()["summary"][1] == (
        "An example is a paragraph, up to a blank line; with data.unit=line it is a line."
    )
    _, text, _ = loaded(write("b/a.csv", "\n".join(["text", *phrases])))
    assert not any("data.unit" in each for each in text.report()["summary"])
