"""Processes of our own never run the user's script again.

A process that is started afresh imports the main module of the one that started it, so that classes
of it can be sent there. Ours need none of them, and a script has lines that must run once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from types import ModuleType

__all__ = ["without_script"]

_MAIN = "__main__"
_ONE_AT_A_TIME = RLock()  # else one thread would put back what another has put in its place


@contextmanager
def without_script() -> Iterator[None]:
    """Start processes in this block: they know nothing of the main module.

    What refers to it, as a class of a script or a notebook does, cannot be sent to them: it is
    refused here, in the process that sends it.
    """
    with _ONE_AT_A_TIME:
        script = sys.modules[_MAIN]
        sys.modules[_MAIN] = ModuleType(_MAIN)
        try:
            yield
        finally:
            sys.modules[_MAIN] = script
