"""Floors that took long to compute, kept from one evaluation to the next."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping

from omnigan.cache import cache_folder, read_sealed, write_sealed

__all__ = ["kept"]


def kept(key: str, compute: Callable[[], Mapping[str, float]]) -> dict[str, float]:
    """Return what was computed before under a key, else compute and keep it.

    Args:
        key: A hash of everything that the outcome depends on.
        compute: Returns finite numbers by name.
    """
    path = cache_folder("floors", f"{key}.json")
    try:
        values = json.loads(read_sealed(path))
        found = {str(name): float(value) for name, value in values.items()}
        if all(math.isfinite(value) for value in found.values()):
            return found
    except (OSError, ValueError, TypeError, AttributeError):
        pass  # not there, or damaged
    found = {name: float(value) for name, value in compute().items()}
    write_sealed(path, json.dumps(found).encode())
    return found
