"""The recipes that come with omnigan."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from omnigan.errors import UserError, did_you_mean

__all__ = ["Shipped", "copy", "find", "shipped"]


@dataclass(frozen=True)
class Shipped:
    """A recipe that comes with omnigan."""

    name: str
    file: Traversable

    @property
    def text(self) -> str:
        return self.file.read_text(encoding="utf-8")

    @property
    def description(self) -> str:
        """The first comment line."""
        comments = [line for line in self.text.splitlines() if line.startswith("#")]
        return comments[0].lstrip("# ").rstrip() if comments else ""


def shipped() -> list[Shipped]:
    """Return all shipped recipes by name."""
    folder = _folder()
    if not folder.is_dir():
        return []
    yamls = [file for file in folder.iterdir() if file.name.endswith(".yaml")]
    return [
        Shipped(file.name.removesuffix(".yaml"), file)
        for file in sorted(yamls, key=lambda file: file.name)
    ]


def find(name: str) -> Shipped | None:
    """Return the shipped recipe of that name, if there is one."""
    return next((recipe for recipe in shipped() if recipe.name == name), None)


def copy(name: str, destination: str | Path | None = None) -> Path:
    """Write a shipped recipe to a file of the user's own and return its path.

    Args:
        name: The recipe's name.
        destination: A file whose name ends in .yaml; or a folder to put ``NAME.yaml`` into, one
            that exists or ends in a slash; None: the current folder.

    Raises:
        UserError: No such recipe, or the file is not called so, exists already or cannot be
            written.
    """
    recipe = find(name)
    if recipe is None:
        names = [recipe.name for recipe in shipped()]
        known = f" Shipped recipes: {', '.join(names)}." if names else ""
        raise UserError(f"No shipped recipe is called '{name}'.{did_you_mean(name, names)}{known}")
    target = _target(f"{name}.yaml", destination)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(recipe.text)
    except (FileExistsError, NotADirectoryError):
        if target.exists():
            raise UserError(f"{target} exists already; name another file.") from None
        raise UserError(
            f"{target} cannot be written: there is a file where its folder would be."
        ) from None
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {error.strerror}.") from error
    return target


def _target(file: str, destination: str | Path | None) -> Path:
    """Return where a copy goes."""
    if destination is None:
        return Path(file)
    target = Path(destination)
    if target.is_dir() or str(destination).endswith(("/", os.sep)):
        target = target / file
    if target.suffix.lower() not in {".yaml", ".yml"}:
        raise UserError(
            f"{target}: the name of a recipe ends in .yaml. Write {target.with_suffix('.yaml')}, "
            f"or {target}/ for a folder."
        )
    return target


def _folder() -> Traversable:
    """Return the packaged recipes, or the repository's in an editable install."""
    packaged = files("omnigan") / "_recipes"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "recipes"
