"""Names for the phases of a step, so that a profile can tell how long each takes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["Phases", "phase", "timing"]

_open: list[Phases] = []


class Phases:
    """Seconds by phase; a phase within another one has the names of both.

    Args:
        device: Where the networks live; before its clock is read, its work is waited for.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.seconds: defaultdict[tuple[str, ...], float] = defaultdict(float)
        self._path: list[str] = []

    def now(self) -> float:
        """Return the time in seconds, when everything asked for so far is done."""
        if self.device.type != "cpu":
            torch.accelerator.synchronize()
        return time.perf_counter()

    @contextmanager
    def measuring(self, name: str) -> Iterator[None]:
        """Add the time that a block takes."""
        self._path.append(name)
        began = self.now()
        try:
            yield
        finally:
            self.seconds[tuple(self._path)] += self.now() - began
            self._path.pop()

    def own(self) -> dict[tuple[str, ...], float]:
        """Return the seconds of each phase; of one with others in it, those that none of them has.

        The latter's name ends with ``"rest"``.
        """
        found = {}
        for path, seconds in self.seconds.items():
            inner = [s for p, s in self.seconds.items() if p[:-1] == path]
            found[(*path, "rest") if inner else path] = seconds - sum(inner)
        return found


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Name what a block does; costs nothing worth naming unless somebody measures."""
    if not _open:
        yield
        return
    with _open[-1].measuring(name):
        yield


@contextmanager
def timing(phases: Phases) -> Iterator[None]:
    """Have phases measured while the block runs."""
    _open.append(phases)
    try:
        yield
    finally:
        _open.remove(phases)
