"""Random damage to the values of recipes."""

from __future__ import annotations

import math
import random
from typing import Any

__all__ = ["damaged_values"]

_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3, 7, 64, 10**6, 10**12, 10**400, -(2**63), 2**63, 2**64),
    *(0.0, -0.0, 0.5, 1.0, 1e-300, 1e300, math.nan, math.inf, -math.inf, 5e-324),
    *("", " ", "auto", "none", "1", "-1", "nan", "²", "1_000", "1e3", "0x10", "true", "null", "\0"),
    *(
        "a" * 100_000,
        "\ud800",
        "🎵",
        "../../nowhere",
        "/proc/self",
        "/dev/zero",
        "/dev/null",
        "~",
        "~nobodyatall",
        "con",
    ),
    *(
        "(a+)+$",
        "[",
        "4/4",
        "0/4",
        "99/16",
        "0.5 s",
        "-1 s",
        "1e9 s",
        "nan s",
        "8x8",
        "0x0",
        "cuda",
    ),
    *([], [[]], [1, 2, 3], ["a", "a"], [None], {}, {"": 1}, {"a": {"b": {"c": 1}}}, {"start": 1}),
    *({"steps": 1}, {"examples": 1}, {"weight": -1}, {"weight": 1, "interval": 0}, {1: 2}, [0.5]),
)


def damaged_values(values: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return the values of a recipe, some of them replaced, moved, renamed, added or gone."""
    changed: dict[str, Any] = _copied(values)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        rng.choice((_replace, _replace, _replace, _rename, _move, _drop, _nest))(changed, rng)
    return changed


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _somewhere(values: dict[Any, Any], rng: random.Random) -> tuple[dict[Any, Any], Any]:
    """Return a mapping somewhere in the values, and one of its keys."""
    while True:
        key = rng.choice(list(values)) if values else "new"
        inner = values.get(key)
        if not isinstance(inner, dict) or not inner or rng.random() < 0.2:
            return values, key
        values = inner


def _replace(values: dict[str, Any], rng: random.Random) -> None:
    where, key = _somewhere(values, rng)
    where[key] = _copied(rng.choice(_VALUES))


def _rename(values: dict[str, Any], rng: random.Random) -> None:
    where, key = _somewhere(values, rng)
    name = rng.choice(
        (f"{key}s", str(key).upper(), "", "🎵", f"{key}\n", f" {key}", "a.b", 7, None)
    )
    where[name] = where.pop(key, 1)


def _move(values: dict[str, Any], rng: random.Random) -> None:
    where, key = _somewhere(values, rng)
    there, _ = _somewhere(values, rng)
    value = where.pop(key, 1)
    if there is not value:
        there[key] = _copied(value)


def _drop(values: dict[str, Any], rng: random.Random) -> None:
    where, key = _somewhere(values, rng)
    where.pop(key, None)


def _nest(values: dict[str, Any], rng: random.Random) -> None:
    where, key = _somewhere(values, rng)
    inner = where.get(key)
    for _ in range(rng.choice((1, 3, 60, 300))):
        inner = {"a": inner} if rng.random() < 0.5 else [inner]
    where[key] = inner
