"""A recipe in the making: its values, where each came from, and everything wrong with them."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from omnigan.domain import Domain, DomainConfig
from omnigan.errors import UserError, UserErrors
from omnigan.plugins import available, load_domain, nearest
from omnigan.recipe import overrides as command_line
from omnigan.recipe.explain import Problem, explain, misread_switches
from omnigan.recipe.fields import known_keys
from omnigan.recipe.overrides import Override
from omnigan.recipe.schema import Log, Recipe, Train
from omnigan.recipe.yaml_file import KeyPath

__all__ = ["Draft", "Written"]

_ENGINE: Mapping[str, type[BaseModel]] = {"train": Train, "log": Log}
_SECTIONS = (*DomainConfig.model_fields, *_ENGINE)
_Rank = tuple[int, int]
"""Orders problems: the file's by line, then the command line's."""
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Written:
    """A recipe as somebody wrote it.

    Attributes:
        values: What it says.
        source: What messages call it, before the line.
        name: What a run of it is called; empty if it has no name.
        lines: Line of each key.
    """

    values: dict[str, Any]
    source: str
    name: str = ""
    lines: Mapping[KeyPath, int] = field(default_factory=dict)


class Draft:
    """Merges the layers of a recipe and collects every problem instead of stopping at one.

    Args:
        written: The recipe.
        overrides: ``KEY=VALUE`` texts.
    """

    def __init__(self, written: Written, overrides: Sequence[str]) -> None:
        self.written = written
        self.values = copy.deepcopy(written.values)
        self.beneath: dict[str, Any] = {}  # the values without the command line's
        self.defaults: dict[str, Any] = {}
        self.problems: dict[object, tuple[_Rank, str]] = {}  # at most one for each place
        self.overrides: list[Override] = []
        self.usual: dict[KeyPath, str] = {}
        self.homes: dict[str, str] = {}  # the section of each key
        for section in _SECTIONS:
            if section in self.values and self.values[section] is None:
                self.values[section] = {}  # all its keys are commented out
        for number, text in enumerate(overrides):
            try:
                self.overrides.append(command_line.parse(text))
            except UserError as error:
                self.problems[text] = (1, number), str(error)

    def find_domain(self) -> type[Domain] | None:
        """Return the domain, or note why there is none; then it is the one that may be meant."""
        given = [o.value for o in self.overrides if o.path == ("domain",)]
        name = given[-1] if given else self.values.get("domain")
        if name is None:
            names = ", ".join(sorted({entry.name for entry in available()}))
            known = f" Installed: {names}." if names else ""
            self._add(Problem(("domain",), f"'domain' is missing, such as 'domain: music'.{known}"))
        elif isinstance(name, str):
            try:
                return load_domain(name)
            except UserError as error:
                meant = nearest(name)
                also = f" The rest is checked as if it were '{meant}'." if meant else ""
                self._add(Problem(("domain",), f"{error}{also}"))
                return None if meant is None else load_domain(meant)
        return None

    def merge(self, domain: type[Domain] | None) -> None:
        """Put the domain's defaults under the file's values and the command line over them."""
        self.defaults = _defaults(domain)
        usual = {} if domain is None else domain.DEFAULTS
        for section in _ENGINE:
            given = self.values.get(section, {})
            if domain is not None and isinstance(given, dict):
                added = {k: v for k, v in usual.get(section, {}).items() if k not in given}
                self.values[section] = given | copy.deepcopy(added)
                self.usual |= {(section, k): f"defaults of {domain.__name__}" for k in added}
        self.beneath = copy.deepcopy(self.values)
        for number, override in enumerate(self.overrides):
            try:
                command_line.apply(self.values, override, self.defaults)
            except UserError as error:
                self.problems[override.text] = (1, number), str(error)
        self._weigh(usual.get("train", {}).get("terms", {}))

    def _weigh(self, usual: Mapping[str, Any]) -> None:
        """Let auxiliary losses that a recipe does not name keep the domain's weights."""
        train = self.values.get("train")
        if isinstance(train, dict) and isinstance(train.get("terms"), dict):
            train["terms"] = copy.deepcopy(dict(usual)) | train["terms"]

    def validate(self, domain: type[Domain] | None) -> tuple[Recipe | None, DomainConfig | None]:
        """Return the engine's and the domain's settings, or note what is wrong with them."""
        self.homes = _homes(Recipe, _ENGINE)
        if domain is not None:
            self.homes = _homes(domain.Config, DomainConfig.model_fields) | self.homes
        settings = self._validate(Recipe)
        if domain is None:
            return settings, None
        if settings and settings.train.augment != 0 and domain.augment is Domain.augment:
            text = "'train.augment' must be 0, since the domain has no augmentation; leave it out."
            self._add(Problem(("train", "augment"), text))
        return settings, self._validate(domain.Config)

    def error(self) -> UserErrors:
        """Return all problems, in order."""
        ordered = sorted(self.problems.values(), key=lambda problem: problem[0])
        return UserErrors(text for _, text in ordered)

    def _validate(self, model: type[_Model]) -> _Model | None:
        valid, found = _judged(model, self.values, self.homes)
        for problem in found:
            self._add(problem, self._culprit(problem, model, set(found) - {problem}))
        return None if found else valid

    def _add(self, problem: Problem, culprit: int | None = None) -> None:
        rank, where = self._origin(problem.path, culprit)
        self.problems.setdefault(problem.path, (rank, f"{where}: {problem.text}"))

    def _culprit(
        self, problem: Problem, model: type[BaseModel], others: set[Problem]
    ) -> int | None:
        """Return which override, of a part of the value that is wrong, made it wrong.

        It is the one without which the problem is not there. Where leaving it out brings another
        problem, that one may only hide the first, so the override is given the benefit of doubt.
        """
        size = len(problem.path)
        inside = [
            number
            for number, override in enumerate(self.overrides)
            if len(override.path) > size and override.path[:size] == problem.path
        ][::-1]
        suspects = [[number] for number in inside] + ([inside] if len(inside) > 1 else [])
        for left_out in suspects:
            left = self._values_without(left_out)
            if others.issuperset(_judged(model, left, self.homes)[1]):
                return left_out[0]
        return None

    def _values_without(self, left_out: Sequence[int]) -> dict[str, Any]:
        """Return what the recipe would be if some overrides had not been given."""
        values = copy.deepcopy(self.beneath)
        for number, override in enumerate(self.overrides):
            if number not in left_out:
                with suppress(UserError):  # which is told already
                    command_line.apply(values, override, self.defaults)
        return values

    def _origin(self, path: KeyPath, culprit: int | None) -> tuple[_Rank, str]:
        """Return what gave the value at ``path``: its rank, and its name for messages."""
        if culprit is not None:
            return (1, culprit), self.overrides[culprit].where
        ranked = list(enumerate(self.overrides))[::-1]
        for number, override in ranked:
            if override.path == path[: len(override.path)]:
                return (1, number), override.where
        if path[:2] in self.usual:
            return (2, 0), self.usual[path[:2]]
        depth = _depth(path, self.written.values)
        for number, override in ranked:
            # The command line made the mapping that the key is missing from.
            if _shared(path, override.path) >= max(2, depth + 1):
                return (1, number), override.where
        line = self.written.lines.get(path[:depth], 0)
        return (0, line), f"{self.written.source}:{line}" if line else self.written.source


def _homes(model: type[BaseModel], sections: Iterable[str]) -> dict[str, str]:
    """Return which of some sections, the first one, has each key."""
    return {
        key: section for section in reversed([*sections]) for key in known_keys(model, (section,))
    }


def _judged(
    model: type[_Model], values: Mapping[str, Any], homes: Mapping[str, str]
) -> tuple[_Model | None, list[Problem]]:
    """Return what a model makes of a recipe, and what is wrong with it."""
    if issubclass(model, DomainConfig):
        values = {key: values[key] for key in DomainConfig.model_fields if key in values}
    try:
        valid = model.model_validate(values)
    except ValidationError as error:
        return None, explain(error, values, model, homes)
    return valid, misread_switches(values, valid.model_dump())


def _defaults(domain: type[Domain] | None) -> dict[str, Any]:
    """Return what the sections are if a recipe says nothing, as far as that is known."""
    plain: dict[str, Any] = {
        name: model().model_dump(mode="json") for name, model in _ENGINE.items()
    }
    if domain is not None:
        with suppress(ValidationError):  # a domain may have keys that must be given
            plain |= domain.Config().model_dump(mode="json")
    return plain


def _depth(path: KeyPath, values: Any) -> int:
    """Return how many leading keys of a path are in a recipe."""
    for depth, key in enumerate(path):
        if isinstance(values, Mapping) and key in values:
            values = values[key]
        elif isinstance(values, list) and key in map(str, range(len(values))):
            values = values[int(key)]
        else:
            return depth
    return len(path)


def _shared(one: KeyPath, other: KeyPath) -> int:
    """Return how many leading keys two paths have in common."""
    same = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        same += 1
    return same
