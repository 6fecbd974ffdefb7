"""From a recipe file and the command line to validated settings, or to every error at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnigan.domain import Domain, DomainConfig
from omnigan.errors import UserError, did_you_mean
from omnigan.recipe import shipped
from omnigan.recipe.draft import Draft, Written
from omnigan.recipe.schema import Recipe
from omnigan.recipe.yaml_file import KeyPath, parse_yaml, read_yaml, write_yaml

__all__ = ["LoadedRecipe", "differences", "dump_recipe", "load_recipe"]


@dataclass(frozen=True)
class LoadedRecipe:
    """A valid recipe with the domain it is for.

    Attributes:
        recipe: All settings; its domain sections are those of ``domain_config``.
        domain_class: The domain, not yet made.
        domain_config: What ``domain_class`` is made with.
        name: The file's stem, the shipped recipe's name, or the domain's.
    """

    recipe: Recipe
    domain_class: type[Domain]
    domain_config: DomainConfig
    name: str


def load_recipe(
    recipe: str | Path | Mapping[str, Any],
    overrides: Sequence[str] = (),
    *,
    stored: bool = False,
) -> LoadedRecipe:
    """Read and validate a recipe.

    A key takes its value from the command line, else from the file, else from the domain's
    ``DEFAULTS`` (as a whole: ``train.rate`` of the file replaces all of the domain's, but for
    ``train.terms``, in which each weight counts by itself), else from the schema.

    Args:
        recipe: A file, the name of a shipped recipe, or the values themselves.
        overrides: ``KEY=VALUE`` texts; later ones win.
        stored: Whether a run has stored it, perhaps by an earlier version.

    Raises:
        UserError: Everything that is wrong with it, one line per problem in the file's order.
    """
    written = _read(recipe)
    draft = Draft(written, overrides)
    domain_class = draft.find_domain()
    if stored and domain_class is not None:
        draft.values = domain_class.Config.relevant(draft.values)
    draft.merge(domain_class)
    settings, config = draft.validate(domain_class)
    if settings is None or config is None or domain_class is None or draft.problems:
        raise draft.error()
    name = written.name or settings.domain.rpartition(":")[2]
    sections = {key: getattr(config, key) for key in DomainConfig.model_fields}
    return LoadedRecipe(settings.model_copy(update=sections), domain_class, config, name)


def dump_recipe(recipe: Recipe) -> str:
    """Return a recipe as YAML that loads to the same recipe, without what does not count: see
    :meth:`~omnigan.section.Section.stored`."""
    return write_yaml(recipe.stored())


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return what changed from one recipe to another: "train.rate: 0.001 -> 0.002" per value."""
    return _differences(old, new, ())


def _differences(old: Any, new: Any, path: KeyPath) -> list[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = [*old, *(key for key in new if key not in old)]
        return [
            line
            for key in keys
            for line in _differences(old.get(key), new.get(key), (*path, str(key)))
        ]
    if old == new:
        return []
    return [f"{'.'.join(path)}: {_flat(old)} -> {_flat(new)}"]


def _flat(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _read(recipe: str | Path | Mapping[str, Any]) -> Written:
    if isinstance(recipe, Mapping):
        try:
            return Written(_plain(recipe), "recipe")
        except RecursionError as error:
            raise UserError("recipe: is nested too deeply for a recipe.") from error
    path = Path(recipe)
    known = None if _is_file(path) else shipped.find(str(recipe))
    if known is not None:
        document = parse_yaml(known.text, f"recipe {known.name}")
        source, name = f"recipe {known.name}", known.name
    else:
        if path.is_dir():
            raise _no_file(path)
        if not path.exists():
            raise _not_found(path)
        document, source, name = read_yaml(path), str(path), path.stem
    if document.values is None:
        raise UserError(f"{source}: is empty; a recipe begins with a line such as 'domain: music'.")
    if not isinstance(document.values, dict):
        raise UserError(f"{source}: must be a mapping of keys such as 'domain: music'.")
    return Written(document.values, source, name, document.lines)


def _is_file(path: Path) -> bool:
    return path.exists() and not path.is_dir()


def _not_found(path: Path) -> UserError:
    names = [recipe.name for recipe in shipped.shipped()]
    hint = did_you_mean(path, map(str, _beside(path))) if path.suffix else ""
    hint = hint or did_you_mean(path.stem, names)
    if "=" in path.name:
        hint = " The recipe comes before any KEY=VALUE."
    known = f" Shipped recipes: {', '.join(names)}." if names else ""
    return UserError(f"There is no file '{path}' and no shipped recipe of that name.{hint}{known}")


def _no_file(folder: Path) -> UserError:
    files = _beside(folder / "recipe.yaml")
    train = "To train on what is in it, copy a shipped recipe, and name it there as data.source"
    advice = f"Name a file in it, such as {files[0]}" if files else train
    return UserError(f"{folder}: is a folder, not a recipe file. {advice}.")


def _beside(path: Path) -> list[Path]:
    """Return the recipe files in the folder of a path, one of its own name first."""
    files = sorted(path.parent.glob("*.y*ml"))
    return sorted(files, key=lambda file: file.name != path.name)


def _plain(value: Any) -> Any:
    """Return a copy made of dicts and lists."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
