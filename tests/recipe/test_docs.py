"""The guide to recipes, against the schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from omnigan.errors import UserError
from omnigan.recipe.load import load_recipe
from omnigan.recipe.schema import Ema, Log, Penalty, Recipe, Train
from omnigan.recipe.yaml_file import parse_value

GUIDE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([a-z_.]+)` \| (.*?) \|", GUIDE, re.MULTILINE))


def _settings(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        if field.annotation is Ema:
            yield from _settings(Ema, f"{prefix}{name}.")
        else:
            default = field.get_default(call_default_factory=True)
            yield f"{prefix}{name}", default.plain() if hasattr(default, "plain") else default


SETTINGS = {
    **dict(_settings(Train, "train.")),
    **dict(_settings(Log, "log.")),
    **dict(_settings(Penalty, "")),
    "domain": None,
    "seed": Recipe.model_fields["seed"].default,
}


def test_every_key_is_documented_and_no_other() -> None:
    assert set(ROWS) == set(SETTINGS)


@pytest.mark.parametrize("key", [key for key, default in ROWS.items() if default.startswith("`")])
def test_the_documented_default_is_the_real_one(key: str) -> None:
    default = SETTINGS[key]
    expected = list(default) if isinstance(default, tuple) else default
    assert parse_value(ROWS[key].strip("`"), key) == expected


def test_the_words_of_a_choice_are_all_documented() -> None:
    for words in (
        Train.model_fields["objective"].annotation,
        Train.model_fields["loss"].annotation,
        Train.model_fields["precision"].annotation,
    ):
        assert all(f"`{word}`" in GUIDE for word in words.__args__)


def test_the_mistakes_shown_are_real(written: Callable[[str], str]) -> None:
    shown = re.findall(r"^error: (.*)$", GUIDE, re.MULTILINE)
    text = "# Mine.\ndomain: toy\ntrain:\n  batch_size: many\n  precision: bf17\n"
    with pytest.raises(UserError) as caught:
        load_recipe(written(text), ["train.step=5"])
    assert str(caught.value).splitlines() == shown
