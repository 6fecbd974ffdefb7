"""What pydantic found wrong with a recipe, in one sentence per problem."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from omnigan.errors import did_you_mean, listed
from omnigan.recipe.fields import known_keys, models_at
from omnigan.recipe.yaml_file import KeyPath

__all__ = ["Problem", "explain", "misread_switches", "shown", "value_refused"]


@dataclass(frozen=True)
class Problem:
    """Something wrong with one value of a recipe."""

    path: KeyPath
    text: str


_Loc = tuple[str | int, ...]
_Item = tuple[_Loc, ErrorDetails]
"""The part of an error's location that is still ahead, and the error."""


def explain(
    error: ValidationError,
    values: Mapping[str, Any],
    model: type[BaseModel],
    homes: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Return what is wrong with ``values``, which ``model`` refused.

    Args:
        error: The refusal.
        values: A recipe.
        model: Of it, or of some of its sections.
        homes: The section of each key, for those that stand outside of it.
    """
    errors = error.errors(include_url=False)
    echoes = _echoes(errors)
    items: list[_Item] = [(e["loc"], e) for e in errors if e["loc"] not in echoes]
    return _Explainer(model, homes or {}).problems(items, values, ())


def value_refused(error: ValidationError) -> str:
    """Return what is wrong with a value that is alone: "must be at least 1, not 0."."""
    [first, *_] = error.errors(include_url=False)
    expectation = _Explainer(BaseModel, {}).expectation(first, ())
    return f"must be {expectation}, not {first['input']}."


def misread_switches(values: object, read: object, path: KeyPath = ()) -> list[Problem]:
    """Return where a switch was silently taken for a number, 1 or 0, or something for a switch.

    Args:
        values: What the recipe says.
        read: The validated model's dump of the same.
        path: Where both are.
    """
    if isinstance(values, bool) or isinstance(read, bool):
        if isinstance(values, bool) is isinstance(read, bool) or not isinstance(read, int | float):
            return []
        wanted = "true or false" if isinstance(read, bool) else "a number"
        return [Problem(path, f"'{'.'.join(path)}' must be {wanted}, not {shown(values)}.")]
    if isinstance(values, Mapping) and isinstance(read, Mapping):
        pairs = [(str(key), value, read.get(key)) for key, value in values.items()]
    elif isinstance(values, list | tuple) and isinstance(read, list | tuple):
        both = zip(values, read, strict=False)
        pairs = [(str(index), value, got) for index, (value, got) in enumerate(both)]
    else:
        return []
    return [p for key, value, got in pairs for p in misread_switches(value, got, (*path, key))]


def shown(value: object) -> str:
    """Return a value as a recipe would say it, short enough for a sentence."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)} item{'' if len(value) == 1 else 's'}"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:56]} ..."


class _Explainer:
    """Walks errors and values side by side.

    Pydantic mixes the names of union branches into the location of an error; whatever is not a
    part of the value at that point is such a name.
    """

    def __init__(self, model: type[BaseModel], homes: Mapping[str, str]) -> None:
        self.model = model
        self.homes = homes

    def problems(self, items: list[_Item], value: object, path: KeyPath) -> list[Problem]:
        found: list[Problem] = []
        inside: dict[str | int, list[_Item]] = {}
        branches: dict[str | int, list[_Item]] = {}
        for loc, error in items:
            if not loc or loc[0] == "[key]":
                where = (*path, *_named_option(error, value))
                found.append(Problem(where, self.sentence(error, value, path, bool(loc))))
            elif _has(value, loc[0]) or _names_a_key(loc, error):
                inside.setdefault(loc[0], []).append((loc[1:], error))
            else:
                branches.setdefault(loc[0], []).append((loc[1:], error))
        for key, ahead in inside.items():
            found += self.problems(ahead, _part(value, key), (*path, str(key)))
        if branches:
            found += self.union(branches, value, path)
        return found

    def union(
        self, branches: dict[str | int, list[_Item]], value: object, path: KeyPath
    ) -> list[Problem]:
        """Explain why no branch fits: by the branch that was meant, or else by naming them all."""
        meant = [items for items in branches.values() if not _refused_at_once(items, value)]
        if meant:
            return self.problems(min(meant, key=len), value, path)
        errors = [error for items in branches.values() for _, error in items]
        allowed = " or ".join(dict.fromkeys(self.expectation(e, path) for e in errors))
        hint = did_you_mean(value, [word for e in errors for word in _words(e)])
        return [Problem(path, f"{_quoted(path)} must be {allowed}, not {shown(value)}.{hint}")]

    def sentence(self, error: ErrorDetails, value: object, path: KeyPath, is_key: bool) -> str:
        """Say what one error means."""
        kind = error["type"]
        if kind == "extra_forbidden" or is_key:
            return self.unknown_key(error, path)
        if kind == "missing":
            return f"{_quoted(path)} is missing."
        if kind in _SPOKEN:
            return _own_words(_reason(error), value, path)
        expectation = self.expectation(error, path)
        hint = did_you_mean(value, _words(error))
        if kind == "string_type" and not isinstance(value, Mapping | list | None):
            hint = " Put it in quotes."
        return f"{_quoted(path)} must be {expectation}, not {shown(value)}.{hint}"

    def unknown_key(self, error: ErrorDetails, path: KeyPath) -> str:
        *parents, last = path
        known = _words(error) or known_keys(self.model, tuple(parents))
        near = difflib.get_close_matches(last, known, n=1)
        meant = (*parents, *near) if near else ()
        if last in self.homes and (not parents or (len(parents) == 1 and not near)):
            meant = (self.homes[last], last)
        hint = f" Did you mean {_quoted(meant)}?" if meant else ""
        if not hint:
            hint = f" Known here: {', '.join(known)}." if known else " No keys are known here."
        return f"unknown key {_quoted(path)}.{hint}"

    def expectation(self, error: ErrorDetails, path: KeyPath) -> str:
        """Return what is allowed, to follow "must be"."""
        kind, context = error["type"], error.get("ctx", {})
        if kind in _SPOKEN:
            return _reason(error).removeprefix("must be ")
        if kind == "model_type":
            models = models_at(self.model, path)
            named = [m for m in models if m.__name__ == context["class_name"]]
            required = [k for m in named for k, f in m.model_fields.items() if f.is_required()]
            return f"a mapping with {listed(required, 'and')}" if required else "a mapping of keys"
        numbers = {k: f"{v:g}" if isinstance(v, float) else v for k, v in context.items()}
        return _EXPECTED.get(kind, "other ({})").format(error["msg"], **numbers)


_SPOKEN = {"value_error", "assertion_error"}
"""Errors that validators raise in words of their own, as the text after a key: "must be even"."""

_OPTION = re.compile(r"has (\w+)[.,:]")  # "has window, which is only for ..."

_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "a mapping of keys",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "int_from_float": "an integer",
    "int_parsing": "an integer",
    "int_parsing_size": "a smaller number",
    "int_type": "an integer",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "list_type": "a list",
    "literal_error": "{expected}",
    "multiple_of": "a multiple of {multiple_of}",
    "string_pattern_mismatch": "text that matches {pattern}",
    "string_too_long": "at most {max_length} characters long",
    "string_too_short": "at least {min_length} characters long",
    "string_type": "text",
    "too_long": "a list of at most {max_length} items",
    "too_short": "a list of at least {min_length} items",
    "tuple_type": "a list",
}


def _echoes(errors: list[ErrorDetails]) -> set[_Loc]:
    """Return which keys are missing only because they are misspelt, which is said already."""
    missing = {e["loc"] for e in errors if e["type"] == "missing"}
    found: set[_Loc] = set()
    for *parents, last in (e["loc"] for e in errors if e["type"] == "extra_forbidden"):
        siblings = [str(loc[-1]) for loc in missing if loc[:-1] == tuple(parents)]
        found |= {(*parents, key) for key in difflib.get_close_matches(str(last), siblings, n=1)}
    return found


def _has(value: object, key: str | int) -> bool:
    if isinstance(value, Mapping):
        return key in value
    return isinstance(value, list | tuple) and isinstance(key, int) and key < len(value)


def _part(value: Any, key: str | int) -> object:
    return value[key] if _has(value, key) else None


def _names_a_key(loc: _Loc, error: ErrorDetails) -> bool:
    """Tell whether the first name is that of a missing key, not of a union branch."""
    return len(loc) == 1 and error["type"] == "missing"


def _refused_at_once(items: list[_Item], value: object) -> bool:
    """Tell whether a union branch refused the value by its kind, without looking inside."""
    return all(
        error["type"] not in {"missing", "extra_forbidden"}
        and not any(_has(value, name) for name in loc)
        and (error["type"] not in _SPOKEN or _reason(error).startswith("must be "))
        for loc, error in items
    )


def _words(error: ErrorDetails) -> list[str]:
    """Return the allowed words of a choice."""
    expected = error.get("ctx", {}).get("expected", "")
    return re.findall(r"'([^']*)'", expected) if error["type"] == "literal_error" else []


def _reason(error: ErrorDetails) -> str:
    return str(error.get("ctx", {}).get("error", error["msg"])).rstrip(".")


def _named_option(error: ErrorDetails, value: object) -> KeyPath:
    """Return the key of a mapping that a validator says it has and should not have."""
    named = _OPTION.match(_reason(error)) if error["type"] in _SPOKEN else None
    return (named[1],) if named and _has(value, named[1]) else ()


def _own_words(reason: str, value: object, path: KeyPath) -> str:
    if not reason.startswith(("must ", "is ", "has ")):
        return f"{_quoted(path)}: {reason}."
    simple = not isinstance(value, Mapping | list | tuple)
    got = simple and reason.startswith("must be ") and ", not " not in reason
    return f"{_quoted(path)} {reason}{f', not {shown(value)}' if got else ''}."


def _quoted(path: KeyPath) -> str:
    return f"'{'.'.join(path)}'" if path else "the recipe"
