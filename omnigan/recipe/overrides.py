"""Recipe values given on the command line, or to ``omnigan.train``, as ``KEY=VALUE``."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omnigan.errors import UserError
from omnigan.recipe.explain import shown
from omnigan.recipe.yaml_file import KeyPath, parse_value

__all__ = ["Override", "apply", "parse"]


@dataclass(frozen=True)
class Override:
    """One value that takes the place of the recipe's."""

    text: str
    path: KeyPath
    value: Any

    @property
    def where(self) -> str:
        """What error messages call it."""
        return _where(self.text)


def parse(text: str) -> Override:
    """Read ``train.steps=3000``; the first ``=`` divides, the value is YAML.

    Raises:
        UserError: It is not of that form.
    """
    key, equals, value = text.partition("=")
    path = tuple(key.strip().split("."))
    if not equals or not all(path):
        raise UserError(
            f"{_where(text)}: must be KEY=VALUE without spaces around the =, such as "
            "train.steps=3000."
        )
    return Override(text, path, parse_value(value, _where(text)))


def apply(values: dict[str, Any], override: Override, defaults: Mapping[str, Any]) -> None:
    """Set one value in place.

    Args:
        values: The recipe so far.
        override: What to set.
        defaults: What the keys stand for that the recipe does not give, so that setting one part
            of a default (``train.rate.end=1e-5``) leaves its other parts as they are.

    Raises:
        UserError: The key leads through something that has no such part.
    """
    *parents, last = override.path
    node: Any = values
    default: Any = defaults
    for depth, key in enumerate(parents):
        default = _part(default, key)
        if isinstance(node, dict) and node.get(key) is None:
            # Sections take each missing key's default later; deeper values stand as they are.
            keep = depth > 0 and isinstance(default, dict | list)
            node[key] = copy.deepcopy(default) if keep else {}
        node = node[_place(node, key, override, depth)]
    # A copy, since later overrides may set parts of it.
    node[_place(node, last, override, len(parents))] = copy.deepcopy(override.value)


def _where(text: str) -> str:
    return f"setting '{text}'"


def _part(node: object, key: str) -> Any:
    if isinstance(node, Mapping):
        return node.get(key)
    if isinstance(node, Sequence) and _is_index(key, node):
        return node[int(key)]
    return None


def _is_index(key: str, items: Sequence[object]) -> bool:
    return key in map(str, range(len(items)))


def _place(node: object, key: str, override: Override, depth: int) -> Any:
    """Return the key, or the index, that leads into a mapping or a list."""
    if isinstance(node, dict):
        return key
    owner = ".".join(override.path[:depth])
    if not isinstance(node, list):
        raise UserError(f"{override.where}: '{owner}' is {shown(node)}, which has no part '{key}'.")
    if not _is_index(key, node):
        raise UserError(
            f"{override.where}: '{owner}' is a list of {len(node)} items, counted from 0; "
            f"'{key}' is none of them."
        )
    return int(key)
