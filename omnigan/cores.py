"""How much of the machine this process may use."""

from __future__ import annotations

import os

__all__ = ["cores", "most_threads"]


def cores() -> int:
    """Return how many CPU cores this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this platform
        return os.cpu_count() or 1


def most_threads() -> int:
    """Return how many threads pay at most: one a core, or what ``OMP_NUM_THREADS`` allows."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    limit = int(allowed) if allowed.isascii() and allowed.isdecimal() else 0
    return min(cores(), limit) if limit else cores()
