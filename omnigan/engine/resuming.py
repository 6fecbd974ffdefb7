"""Is a run that goes on the one that was begun?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from omnigan.domain import Domain
from omnigan.engine.fingerprint import Fingerprints, kept, named, others
from omnigan.engine.runfolder import RunFolder
from omnigan.errors import UserError
from omnigan.recipe.load import differences, dump_recipe, load_recipe
from omnigan.recipe.schema import Recipe

__all__ = ["refuse_another"]

FREE_KEYS = (
    "train.device",
    "train.workers",
    "log.every",
    "log.samples_every",
    "log.checkpoint_every",
    "log.keep",
    "log.evaluate_every",
    "log.evaluate_samples",
    "log.best",
)
"""Keys that say where a run happens, how often it writes and how it is judged, not what it learns:
a resumed run may change them."""


def refuse_another(
    folder: RunFolder, recipe: Recipe, domain: Domain, examples: Fingerprints, *, force: bool
) -> None:
    """Compare with the run that was begun in a folder.

    Args:
        folder: The run's.
        recipe: That it would go on with, resolved.
        domain: Resolved.
        examples: Hashes of those that there are now.
        force: Whether the user wants to go on with what changed: the recipe, or else the data.

    Raises:
        UserError: It had another recipe or other examples.
    """
    changed = _changes(folder, recipe, type(domain), force=force)
    _refuse_other_data(folder, examples, changed, force=force)


def _changes(
    folder: RunFolder, recipe: Recipe, domain: type[Domain], *, force: bool
) -> dict[str, str]:
    """Compare with the recipe that the run was started with; return what changed, by key.

    Raises:
        UserError: They differ, or the run's own cannot be read, and nobody forces it.
    """
    try:
        old = _as_now(domain.Config.relevant(_stored(folder)))
    except UserError:
        if force:
            return {}
        raise
    lines = differences(old, yaml.safe_load(dump_recipe(recipe)))
    changed = {line.partition(": ")[0]: line for line in lines}
    changed = {key: line for key, line in changed.items() if key not in FREE_KEYS}
    if changed and not force:
        shown = "\n  ".join(changed.values())
        raise UserError(
            f"--resume: the recipe is not the one that {folder.path} was started with:\n  {shown}\n"
            "Undo the change, train into another folder, or add --force to go on with it"
            f"{_OTHER_LENGTH if changed.keys() == {'train.steps'} else '.'}"
        )
    return changed


_OTHER_LENGTH = (
    ": whatever follows a schedule, as train.rate does, then jumps to where it would be at that "
    "step of a run of the new length (the rate of a longer one rises again), so the result is not "
    "that of a run which was so long from the beginning."
)


def _stored(folder: RunFolder) -> dict[str, Any]:
    """Return the recipe that a run was started with.

    Raises:
        UserError: It cannot be read.
    """
    try:
        old = yaml.safe_load(folder.recipe.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            f"--resume: there is no run in {folder.path}, since it has no recipe.yaml. To begin "
            "one there, leave out --resume."
        ) from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UserError(f"--resume: {folder.recipe} cannot be read: {error}") from error
    if not isinstance(old, dict):
        raise UserError(f"--resume: {folder.recipe} is not a recipe.")
    return old


def _as_now(stored: dict[str, Any]) -> dict[str, Any]:
    """Return a stored recipe as this version stores it, where it still can be read."""
    try:
        values = yaml.safe_load(dump_recipe(load_recipe(stored).recipe))
    except UserError:
        return stored
    assert isinstance(values, dict)
    return values


def _refuse_other_data(
    folder: RunFolder, examples: Fingerprints, changed: Iterable[str], *, force: bool
) -> None:
    """Compare with the examples that the run was started with, where that is known.

    Args:
        folder: The run's.
        examples: Hashes of those that there are now.
        changed: Keys of the recipe that changed; ``data`` among them explains other examples.
        force: Whether the user wants to go on with what changed: the recipe, or else the data.

    Raises:
        UserError: They are others.
    """
    found = others(kept(folder.examples), examples)
    if not found:
        return
    sections = {key.partition(".")[0] for key in changed}
    if force and (not sections or sections & {"domain", "data"}):
        return
    advice = (
        "or go on with them first, by --force with the recipe as it was, then change the recipe."
        if force
        else "or add --force to go on with them."
    )
    raise UserError(
        f"--resume: {named(found)} are not those that {folder.path} was started with: "
        "the data has changed, or another version of a library reads it otherwise. Undo the "
        f"change, train into another folder, {advice}"
    )
