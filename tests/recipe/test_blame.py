"""A mistake is told beside what made it: a word of the command line, or a line of the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omnigan.errors import UserError
from omnigan.recipe.load import load_recipe

Write = Callable[[str], str]
FILE = """\
domain: image

generator: {width: 16}
train:
  steps: 50
"""


def _complaints(recipe: Any, *overrides: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        load_recipe(recipe, overrides)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("train.rate.end=-1", "'train.rate' must be at least 0."),  # the domain has a default
        ("train.ema.ramp=0", "'train.ema.ramp' must be more than 0, not 0."),
        ("train.warmup.steps=60", "'train': warmup.steps must be fewer than steps, which count"),
        ("train.penalties.r3.weight=1", "unknown key 'train.penalties.r3'."),
        ("train.augment={start: 0.9, target: 0.5}", "'train.augment': start (0.9) must not be"),
        ("generator.group_size=8", "'generator' has group_size, which is only for body: r3gan."),
        ("nope.a.b=2", "unknown key 'nope'."),
    ],
)
def test_a_value_that_was_set_in_part_is_blamed_on_the_override(
    written: Write, override: str, complaint: str
) -> None:
    around = ("train.rate.shape=linear", override, "generator.z=16", "train.ema.half_life=9")
    (line,) = _complaints(written(FILE), *around)
    assert line.startswith(f"setting '{override}': {complaint}")


def test_the_last_of_several_that_set_a_value_is_blamed(written: Write) -> None:
    for first, last in (
        ("train.rate.end=-1", "train.rate.start=-2"),
        ("nope.a=1", "nope.b=1"),
        ("train={rate: {start: 1, end: 1}}", "train.rate.start=-2"),
        ("train.rate={start: 1, end: 1}", "train.rate.end=-1"),
        ("train.rate.end=-1", "train.rate={start: 1, end: -1}"),
    ):
        (line,) = _complaints(written(FILE), first, last)
        assert line.startswith(f"setting '{last}': "), line


WRONG = """\
domain: image
generator:
  width: 16
  group_size: 8
train:
  batch_size: {size}
  warmup: {{steps: 60}}
  steps: 50
  rate: {rate}
"""


@pytest.mark.parametrize(
    "overrides",
    [
        ("train.rate.end=0.5",),
        ("train.rate.end=-0.5",),
        ("generator.width=8", "generator.z=16"),
        ("generator.body=dcgan",),
        ("train.clip=1", "train.batch_size=8"),
        ("train.penalties.r1.weight=2",),
    ],
)
def test_a_mistake_of_the_file_stays_its_own(written: Write, overrides: tuple[str, ...]) -> None:
    ramp = written(WRONG.format(size=4, rate="{start: -1, end: 1}"))
    lines = _complaints(ramp, *overrides)
    assert [line.split(": ")[0] for line in lines] == ["mine.yaml:4", "mine.yaml:9"]
    steps = written(WRONG.format(size=4, rate="{start: 1, end: 1}"))
    if not any(text.startswith("train.rate") for text in overrides):
        lines = _complaints(steps, *overrides)
        assert [line.split(": ")[0] for line in lines] == ["mine.yaml:4", "mine.yaml:5"]


def test_an_override_that_uncovers_a_mistake_of_the_file_is_not_blamed(written: Write) -> None:
    file = written(WRONG.format(size="many", rate=1))
    lines = _complaints(file, "generator.body=r3gan", "train.batch_size=8")
    assert [line.split(": ")[0] for line in lines] == ["mine.yaml:5"]
    assert "warmup.steps" in lines[0]


def test_an_option_is_blamed_on_who_gives_it_not_on_its_neighbours(written: Write) -> None:
    file = written(WRONG.format(size=4, rate=1) + "discriminator: {width: 16}\n")
    lines = _complaints(file, "train.steps=99", "discriminator.group_size=8", "generator.z=9")
    assert [line.split(": ")[0] for line in lines] == [
        "mine.yaml:4",
        "setting 'discriminator.group_size=8'",
    ]
