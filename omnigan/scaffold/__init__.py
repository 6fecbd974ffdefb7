"""A new package for a domain of one's own, made from ``template/``, which is such a package."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path

from omnigan.errors import UserError
from omnigan.plugins import available

__all__ = ["write_package"]

NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
LONGEST = 40
RESERVED = {"none", "null", "true", "false", "yes", "no", "on", "off"}
"""Words that are no text in YAML, or look as if they were none."""
RENAMED = {"gitignore": ".gitignore"}
"""Files whose own names would have an effect inside omnigan."""


def write_package(name: str, folder: Path | None = None) -> list[Path]:
    """Write an installable package with a domain that works and is meant to be changed.

    Args:
        name: What recipes will call the domain, such as ``heart-beats``.
        folder: Where to; None: ``omnigan-NAME`` here.

    Returns:
        The files, the folder before all of them.

    Raises:
        UserError: The name or the folder cannot be used.
    """
    _check(name)
    kebab = name.replace("_", "-")
    folder = Path(f"omnigan-{kebab}") if folder is None else folder
    words = _words(kebab)
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UserError(f"{folder} is not empty; name another folder with --out.")
        return [folder, *(_write(file, folder / path, words) for path, file in _template())]
    except OSError as error:
        raise UserError(f"{folder}: cannot be written: {error.strerror}.") from error


def _check(name: str) -> None:
    """Refuse names that recipes, packages or modules cannot have.

    Raises:
        UserError: It is such a name.
    """
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        raise UserError(
            f"'{name}' cannot be the name of a domain: write at most {LONGEST} small letters and "
            "digits with - or _ between words, such as 'heart-beats'."
        )
    kebab, snake = name.replace("_", "-"), name.replace("-", "_")
    if keyword.iskeyword(name) or name in RESERVED:
        raise UserError(f"'{name}' is a word of Python or YAML; name the domain otherwise.")
    for entry in available():
        if entry.name.replace("_", "-") == kebab:
            raise UserError(f"There is a domain {entry} already; choose another name.")
    if find_spec(f"omnigan_{snake}") is not None:
        raise UserError(
            f"There is a module 'omnigan_{snake}' already, which is what the domain's module would "
            "be called; choose another name."
        )


def _words(kebab: str) -> dict[str, str]:
    """Return what stands for the words of the template, longer ones first."""
    snake = kebab.replace("-", "_")
    return {
        "omnigan_placeholder": f"omnigan_{snake}",
        "test_placeholder": f"test_{snake}",
        "Placeholder": "".join(part.capitalize() for part in kebab.split("-")),
        "placeholder": kebab,
    }


def _template() -> Iterator[tuple[str, Traversable]]:
    """Yield each file of the template, under its path in the new package."""
    root = files("omnigan.scaffold") / "template"
    for part in sorted(root.iterdir(), key=lambda part: part.name):
        if part.is_file():
            yield RENAMED.get(part.name, part.name), part
    for part in (root / "tests").iterdir():
        if part.name.endswith(".py"):
            yield f"tests/{part.name}", part


def _write(file: Traversable, path: Path, words: dict[str, str]) -> Path:
    text, name = file.read_text(encoding="utf-8"), path.name
    for word, filled in words.items():
        text, name = text.replace(word, filled), name.replace(word, filled)
    path = path.with_name(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
