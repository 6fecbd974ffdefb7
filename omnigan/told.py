"""Telling how far long work has come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from omnigan.values import Notify

__all__ = ["after_a_while", "told"]

Thing = TypeVar("Thing")


def told(things: Sequence[Thing], what: str, notify: Notify) -> Iterator[Thing]:
    """Yield things one after the other, and tell how many of them have been worked on."""
    for done, thing in enumerate(things):
        notify(what, done, len(things))
        yield thing
    notify(what, len(things), len(things))


def after_a_while(
    notify: Notify, seconds: float = 1.0, clock: Callable[[], float] = time.monotonic
) -> Notify:
    """Return a listener that hears nothing of work that ends soon.

    Args:
        notify: Who is told in the end.
        seconds: From now on in which nothing is told; later, only of what still goes on.
        clock: Returns seconds.
    """
    began = clock()
    heard: set[str] = set()

    def tell(what: str, done: int, total: int) -> None:
        if what in heard or (done < total and clock() - began >= seconds):
            heard.add(what)
            notify(what, done, total)

    return tell
