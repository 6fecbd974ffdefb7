"""A domain as a recipe has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omnigan.domain import Domain, Notify, silent
from omnigan.errors import OmniganError, what_failed
from omnigan.recipe.load import LoadedRecipe, load_recipe
from omnigan.testing.kinds import misfit

__all__ = ["domain_of", "resolved"]


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
    return resolved(loaded)


def resolved(loaded: LoadedRecipe, notify: Notify = silent) -> Domain:
    """Return the domain of a recipe, resolved.

    Args:
        loaded: The recipe.
        notify: Told about long work.

    Raises:
        UserError: Its data or settings are wrong.
        OmniganError: Its class cannot be used as the contract says.
    """
    kind, name = loaded.domain_class, loaded.recipe.domain
    by = "That is for its author to mend."
    try:
        domain = kind(loaded.domain_config).resolve(notify)
    except TypeError as error:
        if found := misfit(kind):
            raise OmniganError(
                f"The domain '{name}' breaks a rule: {found} {by} (What failed: "
                f"{what_failed(error)})"
            ) from error
        raise
    if not isinstance(domain, Domain):
        raise OmniganError(
            f"The domain '{name}' breaks a rule: resolve() must return a domain, not {domain!r}. "
            f"Is a return missing? {by}"
        )
    return domain
