"""A word about runs of many hours, soon enough to choose another one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from omnigan.durations import spoken
from omnigan.engine.reporter import Reporter
from omnigan.recipe.schema import Train
from omnigan.wording import numbered

__all__ = ["Forecast"]

LONG = 6 * 3600.0
"""Seconds from which on a run is worth a word."""
MOST = 16
"""Steps that are timed at most."""


class Forecast:
    """Times the first steps of a process, and warns once of a rest that takes very long.

    Args:
        train: The recipe's section.
        reporter: Told.
        clock: Returns seconds.
    """

    def __init__(
        self, train: Train, reporter: Reporter, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.reporter = reporter
        self.clock = clock
        # One round of the lazy penalties is a fair mean.
        round_ = max((penalty.interval for penalty in train.penalties.values()), default=1)
        self.timed = min(round_, MOST)
        # The very first step fills caches, and a compiler meets every kind of step once.
        self.skipped = 1 if train.compile == "none" else 1 + self.timed
        self.taken = 0
        self.seconds = 0.0

    @contextmanager
    def step(self, left: int) -> Iterator[None]:
        """Time the block, one step, if it is its turn.

        Args:
            left: How many steps the run still has, this one among them.
        """
        began = self.clock()
        yield
        self.taken += 1
        if 0 < self.taken - self.skipped <= self.timed:
            self.seconds += self.clock() - began
        if self.taken == self.skipped + self.timed:
            self._tell(left - 1)

    def _tell(self, left: int) -> None:
        each = self.seconds / self.timed
        if left * each >= LONG:
            self.reporter.warn(
                f"At this speed the run takes {spoken(left * each)} more: "
                f"{numbered(left, 'step')} of {each:.3g} s. Smaller examples, a smaller "
                "train.batch_size, narrower networks or fewer train.steps take less; "
                "'omnigan check' tells how long without training."
            )
