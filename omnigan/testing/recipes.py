"""A domain as a recipe has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omnigan.domain import Domain
from omnigan.recipe.load import load_recipe

__all__ = ["domain_of"]


def domain_of(recipe: str | Path | Mapping[str, Any], overrides: Sequence[str] = ()) -> Domain:
    """Return the domain that ``omnigan train`` would make of a recipe, resolved.

    It is found through its entry point, so that a test with it tests that, too.

    Args:
        recipe: A file, the name of a shipped recipe, or the values themselves.
        overrides: ``KEY=VALUE`` texts.

    Raises:
        UserError: The recipe, its data or the domain is wrong.
    """
    loaded = load_recipe(recipe, overrides)
    return loaded.domain_class(loaded.domain_config).resolve()
