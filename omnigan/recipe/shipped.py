"""The recipes that come with omnigan."""

from __future__ import annotations

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


def copy(name: str, destination: Path | None = None) -> Path:
    """Write a shipped recipe to a file of the user's own and return its path.

    Args:
        name: The recipe's name.
        destination: A file, or a folder to put ``NAME.yaml`` into; None: the current folder.

    Raises:
        UserError: No such recipe, or the file exists already or cannot be written.
    """
    recipe = find(name)
    if recipe is None:
        names = [recipe.name for recipe in shipped()]
        known = f" Shipped recipes: {', '.join(names)}." if names else ""
        raise UserError(f"No shipped recipe is called '{name}'.{did_you_mean(name, names)}{known}")
    target = Path(f"{name}.yaml") if destination is None else destination
    if target.is_dir():
        target = target / f"{name}.yaml"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(recipe.text)
    except FileExistsError:
        raise UserError(f"{target} exists already; name another file.") from None
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {error.strerror}.") from error
    return target


def _folder() -> Traversable:
    """Return the packaged recipes, or the repository's in an editable install."""
    packaged = files("omnigan") / "_recipes"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "recipes"
