"""Every text recipe that is shipped trains, here on little data."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from omnigan.checking import check
from omnigan.recipe.load import load_recipe

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("text*.yaml"))
SMALL = ["train.batch_size=8", "train.device=cpu", "data.tokenizer.least=1", "data.held_out=0.2"]


def test_there_are_recipes() -> None:
    assert RECIPES


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_shipped_recipe_trains(path: Path, tmp_path: Path) -> None:
    source = yaml.safe_load(path.read_text())["data"]["source"]
    if source in ("oracle", "arithmetic"):
        little = [f"data.{source}.examples=60"]
    else:
        lines = [f"{a} {verb} {b}." for a in "abcde" for verb in ("is", "has") for b in "abcde"]
        (tmp_path / "little.txt").write_text("\n".join(lines))
        little = [f"data.source={tmp_path / 'little.txt'}", "data.length=8"]
    report = check(load_recipe(path, [*SMALL, *little]), tmp_path / "out")
    assert report.seconds_per_step > 0
