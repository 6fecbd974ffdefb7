"""What a run folder says about the weights that are exported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from omnigan.engine.runfolder import RunFolder
from omnigan.errors import UserError
from omnigan.recipe.schema import Recipe

__all__ = ["Facts", "Scores", "read_facts", "read_recipe"]


@dataclass(frozen=True)
class Scores:
    """An evaluation of a run.

    Attributes:
        step: Steps behind the weights that were evaluated.
        values: As :meth:`omnigan.evaluation.results.Evaluation.to_json` gives it.
    """

    step: int
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
    """What a model card tells of a run.

    Attributes:
        recipe: The resolved recipe; its ``data``, ``generator`` and ``discriminator`` unchecked.
        data: What the domain said about its data; empty where nothing is left of that.
        scores: The evaluation of the exported weights, else the last one before them, if any.
    """

    recipe: Recipe
    data: Mapping[str, Any]
    scores: Scores | None


def read_facts(run: RunFolder, step: int) -> Facts:
    """Read what a card tells of the weights of a step.

    Raises:
        UserError: The recipe, the data facts or the journal cannot be read.
    """
    return Facts(read_recipe(run.recipe), _data(run.path / "data.json"), _scores(run.metrics, step))


def read_recipe(path: Path) -> Recipe:
    """Read the resolved recipe of a run; its data and network sections stay unchecked.

    Raises:
        UserError: It cannot be read.
    """
    try:
        return Recipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError, yaml.YAMLError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error


def _data(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    if not isinstance(facts, dict):
        raise UserError(f"{path} must be a mapping (edited by hand?)")
    return facts


def _scores(path: Path, step: int) -> Scores | None:
    """Return the newest evaluation of the steps up to one."""
    if not path.exists():
        return None
    newest = None
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                found = _evaluated(json.loads(line), f"{path}, line {number}")
                if found and found.step <= step and (not newest or found.step >= newest.step):
                    newest = found
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    return newest


def _evaluated(line: Any, where: str) -> Scores | None:
    if not isinstance(line, dict) or "evaluation" not in line:
        return None
    values = line["evaluation"]
    if not (isinstance(values, dict) and {"rows", "provenances", "samples"} <= values.keys()):
        raise UserError(f"{where}: not an evaluation of this omnigan (edited by hand?)")
    return Scores(int(line["step"]), values)
