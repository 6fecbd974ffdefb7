"""Memory that tensors leave behind, kept for the next ones.

The C library gives the system back what is freed at the top of its heap, and each large piece.
Every step of training frees what the next one asks for again, and the system clears each page that
it gives.
"""

from __future__ import annotations

import ctypes
import sys

__all__ = ["keep_freed_memory"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # names of mallopt(3)
_NEVER = 2**31 - 1
_LARGE = 32 * 2**20
"""Larger pieces come from the system each: the most that every version of glibc allows."""


def keep_freed_memory() -> bool:
    """Have this process keep the memory that it frees, for itself; what it computes is the same.

    Its size stays near the largest that it ever was.

    Returns:
        Whether that can be asked for here: of glibc, the C library of most Linux systems.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGE)) and bool(mallopt(_TRIM_THRESHOLD, _NEVER))
