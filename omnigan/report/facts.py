"""The plain files of a run folder, as far as they can be read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from omnigan.engine.runfolder import RunFolder, step_folders
from omnigan.errors import UserError
from omnigan.recipe.schema import Recipe
from omnigan.recipe.yaml_file import read_yaml, write_yaml

__all__ = ["Facts", "FactsReader"]

LONGEST_VALUE = 300
"""Characters of a recipe's value (a vocabulary, say) beyond which it is cut."""
MOST_ITEMS = 100


@dataclass(frozen=True)
class Facts:
    """What a run is.

    Attributes:
        domain: Name of its domain, or "".
        total: Steps of the run, or None where the recipe does not tell.
        recipe: As YAML, without what is too long to read.
        cut: Whether something is left out of it.
        data: What the domain said about its data.
        environment: Versions and machine.
        status: What the run said of itself last; empty for a run of an older omnigan.
        best: Step and metric of the best weights, or None.
        checkpoint: Step of the newest checkpoint, or None.
        problems: What could not be read.
    """

    domain: str
    total: int | None
    recipe: str
    cut: bool
    data: Mapping[str, Any]
    environment: Mapping[str, Any]
    status: Mapping[str, Any]
    best: tuple[int, str] | None
    checkpoint: int | None
    problems: tuple[str, ...]


class FactsReader:
    """Reads the plain files of a run; one that did not change is not read again.

    Args:
        run: The folder.
    """

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self._kept: dict[Path, tuple[tuple[int, int], Any]] = {}

    def read(self) -> Facts:
        """Return what is there now."""
        problems: list[str] = []
        folder = self.run.path
        values = self._mapping(self.run.recipe, _recipe, problems)
        recipe = values.get("values", {})
        return Facts(
            domain=str(recipe.get("domain", "")),
            total=values.get("total"),
            recipe=values.get("text", ""),
            cut=values.get("cut", False),
            data=self._mapping(folder / "data.json", _json, problems),
            environment=self._mapping(folder / "environment.json", _json, problems),
            status=self._mapping(self.run.status, _json, problems),
            best=self._best(),
            checkpoint=max(step_folders(self.run.checkpoints), default=None),
            problems=tuple(problems),
        )

    def _mapping(
        self, path: Path, read: Callable[[Path], Mapping[str, Any]], problems: list[str]
    ) -> Mapping[str, Any]:
        try:
            status = path.stat()
            stamp = status.st_mtime_ns, status.st_size
            known = self._kept.get(path)
            if known is None or known[0] != stamp:
                known = self._kept[path] = stamp, read(path)
            found: Mapping[str, Any] = known[1]
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError, UserError) as error:
            problems.append(f"{path.name} cannot be read: {error}")
            return {}
        return found

    def _best(self) -> tuple[int, str] | None:
        """Return the newest best weights whose state can be read."""
        for step, folder in reversed(step_folders(self.run.best).items()):
            with suppress(OSError, ValueError, RecursionError):
                return step, str(_json(folder / "state.json").get("metric", ""))
        return None


def _json(path: Path) -> Mapping[str, Any]:
    values = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(values, dict):
        raise ValueError("it is no mapping")
    return values


def _recipe(path: Path) -> Mapping[str, Any]:
    values = read_yaml(path).values
    if not isinstance(values, dict):
        raise ValueError("it is not a recipe")
    try:
        total = Recipe.model_validate(values).train.total_steps()
    except ValidationError:
        total = None
    shown = _readable(values)
    cut = shown != values
    text = write_yaml(shown) if cut else path.read_text(encoding="utf-8")
    return {"values": values, "total": total, "text": text, "cut": cut}


def _readable(value: Any) -> Any:
    """Return a value without texts and lists that nobody would read."""
    if isinstance(value, dict):
        return {key: _readable(each) for key, each in value.items()}
    if isinstance(value, list):
        more = [f"... {len(value) - MOST_ITEMS:,} more"] if len(value) > MOST_ITEMS else []
        return [*map(_readable, value[:MOST_ITEMS]), *more]
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        return f"{value[:60]}... ({len(value):,} characters)"
    return value
