"""What a page is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from omnigan.engine.runfolder import RunFolder
from omnigan.report.facts import Facts
from omnigan.report.progress import Progress
from omnigan.report.readings import Readings
from omnigan.report.samples import Samples

__all__ = ["Content"]


@dataclass(frozen=True)
class Content:
    """What a page is made of.

    Attributes:
        run: The folder.
        samples_at: The folder of the samples, relative to that of the page.
        facts: The plain files.
        metrics: ``metrics.jsonl``.
        timings: ``timings.jsonl``.
        progress: How far the run is.
        samples: Not yet chosen.
        now: The date of the page.
    """

    run: RunFolder
    samples_at: Path
    facts: Facts
    metrics: Readings
    timings: Readings
    progress: Progress
    samples: Samples
    now: datetime

    @property
    def name(self) -> str:
        """Name of the run."""
        return self.run.path.resolve().name
