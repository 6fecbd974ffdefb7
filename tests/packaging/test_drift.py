"""What must change together: folders, entry points, recipes, dependencies and public names."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

import omnigan
from omnigan.domain import Domain
from omnigan.recipe.load import load_recipe

CHECKOUT = Path(__file__).parents[2]
RECIPES = sorted((CHECKOUT / "recipes").rglob("*.yaml"))


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)["project"]
    return table


def test_every_domain_folder_has_an_entry_point_that_loads(project: dict[str, Any]) -> None:
    declared = project["entry-points"]["omnigan.domains"]
    folders = {path.name for path in (CHECKOUT / "domains").glob("omnigan_*")}
    assert {value.partition(":")[0] for value in declared.values()} == folders
    for value in declared.values():
        module, _, name = value.partition(":")
        assert issubclass(getattr(import_module(module), name), Domain)


def test_the_installed_entry_points_are_the_declared_ones(project: dict[str, Any]) -> None:
    points = metadata.distribution("omnigan").entry_points.select(group="omnigan.domains")
    installed = {point.name: point.value for point in points}
    assert installed == project["entry-points"]["omnigan.domains"], "run: pip install -e ."


def test_there_are_recipes() -> None:
    assert RECIPES


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_shipped_recipe_is_valid_and_named_after_its_file(path: Path) -> None:
    assert load_recipe(path).name == path.stem


@pytest.mark.parametrize("path", [path for path in RECIPES if path.stem.startswith("image")])
def test_recipes_of_images_name_their_networks(path: Path) -> None:
    """A default may change; a recipe that was measured stays what it was."""
    written = yaml.safe_load(path.read_text())
    assert written["generator"]["body"] == written["discriminator"]["body"]


def test_every_public_name_resolves_and_an_unknown_one_does_not() -> None:
    for name in omnigan.__all__:
        assert getattr(omnigan, name) is not None
        assert name in dir(omnigan)
    assert omnigan.Domain is Domain
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        _ = omnigan.trian


def test_importing_omnigan_is_cheap_and_imports_no_torch() -> None:
    code = (
        "import sys, time; before = time.process_time(); import omnigan\n"
        "print(time.process_time() - before, *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, *modules = done.stdout.split()
    assert not {"torch", "numpy", "pydantic"} & set(modules)
    assert float(seconds) < 0.3  # of CPU time; 0.01 would be usual


def test_the_changelog_speaks_of_this_version() -> None:
    assert f"## [{omnigan.__version__}]" in (CHECKOUT / "CHANGELOG.md").read_text()
