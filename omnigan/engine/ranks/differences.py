"""What has to be the same for all processes of a run, in words if it is not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import yaml

from omnigan import __version__
from omnigan.domain import Source
from omnigan.engine import seeds
from omnigan.errors import UserError
from omnigan.recipe.load import differences, dump_recipe
from omnigan.recipe.schema import Recipe

__all__ = ["LOCAL_KEYS", "facts_of", "refuse_differences"]

LOCAL_KEYS = ("train.device", "train.workers", "train.threads")
"""Keys that say where a process runs, not what it computes."""
EXAMPLES = 4
"""How many are compared."""
TOLERANCE = 1e-3
"""Processors differ in the last bits when they scale pictures or decode sounds."""


def facts_of(recipe: Recipe, source: Source) -> dict[str, Any]:
    """Return what :func:`refuse_differences` compares, as JSON values.

    Args:
        recipe: The resolved recipe.
        source: The training examples.
    """
    places = [number * len(source) // EXAMPLES for number in range(EXAMPLES)]
    return {
        "versions": {"omnigan": __version__, "torch": torch.__version__.partition("+")[0]},
        "recipe": yaml.safe_load(dump_recipe(recipe)),
        "examples": len(source),
        "figures": {place: _figures(source, place) for place in places},
    }


def _figures(source: Source, place: int) -> list[float]:
    """Return a few numbers that hardly two examples share."""
    example = source.read(place, seeds.generator(0, "same", place))
    figures = []
    for value in (example.x, *example.cond.values()):
        flat = value.double().flatten().nan_to_num()
        wave = torch.arange(1, len(flat) + 1, dtype=torch.float64).sin()
        figures += [float(flat.mean()), float(flat.square().mean()), float((flat * wave).mean())]
    return figures


def refuse_differences(all_facts: Sequence[Mapping[str, Any]]) -> None:
    """Compare what the processes of a run have found.

    Args:
        all_facts: What :func:`facts_of` returned, with the name of the ``host``, by rank.

    Raises:
        UserError: Something differs.
    """
    first = all_facts[0]
    for rank, other in enumerate(all_facts[1:], 1):
        found = _difference(first, other)
        if found:
            raise UserError(
                f"process 0 ({first['host']}) and process {rank} ({other['host']}) cannot train "
                f"together: {found}"
            )


def _difference(first: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Say in what two processes differ, first on the left; nothing if they do not."""
    for name, version in first["versions"].items():
        if other["versions"].get(name) != version:
            return f"their {name} is {version} and {other['versions'].get(name)}."
    lines = differences(first["recipe"], other["recipe"])
    changed = [line for line in lines if not line.startswith(LOCAL_KEYS)]
    if changed:
        shown = "\n  ".join(changed[:5])
        return f"their recipes differ, which may come from their data:\n  {shown}"
    if first["examples"] != other["examples"]:
        return f"they find {first['examples']} and {other['examples']} training examples."
    for place, figures in first["figures"].items():
        pairs = zip(figures, other["figures"][place], strict=True)
        if not all(math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE) for a, b in pairs):
            return f"training example {place} (counted from 0) is not the same. Copy the data anew."
    return ""
