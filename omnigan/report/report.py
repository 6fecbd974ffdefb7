"""Builds the report of a run from what is in its folder."""

from __future__ import annotations

import math
import os
from datetime import datetime
from pathlib import Path

from omnigan.engine.runfolder import RunFolder, write_rebuildable
from omnigan.report.content import Content
from omnigan.report.facts import FactsReader
from omnigan.report.page import compose
from omnigan.report.progress import progress_of
from omnigan.report.readings import Readings
from omnigan.report.samples import SECONDS, Samples

__all__ = ["LIMIT", "Report"]

LIMIT = 19_000_000
"""Most bytes of a report."""


class Report:
    """The report of a run. What was read, encoded and drawn once is kept for the next time.

    Args:
        folder: The run's.
        limit: Most bytes; samples that do not fit are linked to.
    """

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self.run = RunFolder(folder)
        self.limit = limit
        self._facts = FactsReader(self.run)
        self._metrics = Readings(self.run.metrics)
        self._timings = Readings(self.run.timings)
        self._samples = Samples(self.run.samples)

    def write(self, path: Path, now: datetime | None = None, *, thorough: bool = True) -> None:
        """Build the report and write it, all of it or nothing.

        Args:
            path: The file; links to files of the run are relative to its folder.
            now: The date that it bears; None: the present.
            thorough: Whether it may take the time to encode every sound that fits; what it links to
                otherwise is likely to be in the next one.

        Raises:
            OSError: Something cannot be read or written.
        """
        self._samples.seconds = math.inf if thorough else SECONDS
        write_rebuildable(path, self.build(path.parent, now))

    def build(self, place: Path, now: datetime | None = None) -> str:
        """Return the report as HTML; for the arguments see :meth:`write`."""
        self._metrics.update()
        self._timings.update()
        facts = self._facts.read()
        content = Content(
            run=self.run,
            samples_at=Path(os.path.relpath(self.run.samples, place)),
            facts=facts,
            metrics=self._metrics,
            timings=self._timings,
            progress=progress_of(self.run, facts, self._metrics, self._timings),
            samples=self._samples,
            now=now or datetime.now().astimezone(),
        )
        return compose(content, self.limit)
