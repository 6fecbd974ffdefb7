"""Waiting for others in small pieces, so that signals and ends get through."""

from __future__ import annotations

import time
from typing import Protocol

from omnigan.engine.ranks.watch import Watch
from omnigan.engine.signals import Interrupted, StopRequest

__all__ = ["Store", "heed", "wait_for"]

SHORTEST, LONGEST = 0.02, 0.5
"""Seconds between two looks."""


class Store(Protocol):
    """What all processes can write to and read from; torch has several."""

    def check(self, keys: list[str], /) -> bool: ...

    def get(self, key: str, /) -> bytes: ...

    def set(self, key: str, value: str, /) -> None: ...


def heed(stop: StopRequest | None, watch: Watch | None) -> None:
    """Raise if this process was asked to stop, or another one has ended.

    Raises:
        Interrupted: It was.
        OmniganError: Another one has.
    """
    if stop is not None and stop.number is not None:
        raise Interrupted("Stopped before the first step; nothing is saved.", stop.number)
    if watch is not None:
        watch.check()


def wait_for(
    store: Store,
    key: str,
    stop: StopRequest | None,
    watch: Watch | None,
    seconds: float | None = None,
) -> str:
    """Return what another process writes to the store.

    Args:
        store: What all processes can write to and read from.
        key: Where it writes.
        stop: Ends the waiting; None: a signal waits for the first step.
        watch: Ends it, too; None: nobody is connected yet.
        seconds: How long to wait; None: as long as it takes.

    Raises:
        TimeoutError: Nothing was written.
        OmniganError: See :func:`heed`.
    """
    began, pause = time.monotonic(), SHORTEST
    try:
        while True:
            heed(stop, watch)  # before the store, which prints a stack if its keeper has ended
            if store.check([key]):
                return store.get(key).decode()
            if seconds is not None and time.monotonic() - began > seconds:
                raise TimeoutError(key)
            (watch.pause if watch else time.sleep)(pause)
            pause = min(1.5 * pause, LONGEST)
    except RuntimeError as error:  # the store may be that of the process that has ended
        if watch is None:
            raise
        raise watch.explain(error) from error
