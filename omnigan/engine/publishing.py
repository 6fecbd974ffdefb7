"""Keeps ``report.html`` and ``status.json`` of a run up to date; neither can stop training."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from omnigan.engine.reporter import Reporter
from omnigan.engine.runfolder import RunFolder, write_rebuildable
from omnigan.engine.signals import Interrupted
from omnigan.errors import OmniganError

if TYPE_CHECKING:
    from omnigan.report import Report

__all__ = ["Publisher", "Unpublished"]

SHARE = 0.004
"""Of a run's time that reports may take, the last one aside; those beyond it are left out."""


class Unpublished:
    """Writes nothing: all but the first of several processes do so."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def update(self) -> None:
        """Write a report if that is worth its time: there is something new to look at."""


class Publisher(Unpublished):
    """Writes a report now and then while a block trains, and a last one when it ends.

    Args:
        folder: The run's; this process holds its lock.
        recipe: Name of the recipe.
        reporter: Told the first time that a report cannot be written.
    """

    def __init__(self, folder: RunFolder, recipe: str, reporter: Reporter) -> None:
        self.folder = folder
        self.recipe = _known(folder, "recipe") or recipe  # a resumed one has its own copy
        self.reporter = reporter
        self._report: Report | None = None
        self._began = time.perf_counter()
        self._started = _known(folder, "started") or _now()
        self._spent = 0.0
        self._complained = False

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        self._say("running")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self._say("finished")
        elif isinstance(error, (Interrupted, KeyboardInterrupt)):
            self._say("stopped")
        else:
            known = isinstance(error, OmniganError)
            self._say("failed", str(error) if known else f"{type(error).__name__}: {error}")
        self._write(thorough=True)

    def update(self) -> None:
        if self._spent <= SHARE * (time.perf_counter() - self._began):
            self._write(thorough=False)

    def _write(self, *, thorough: bool) -> None:
        began = time.perf_counter()
        try:
            if self._report is None:
                from omnigan.report import Report  # not before there is something to tell

                self._report = Report(self.folder.path)
            self._report.write(self.folder.report, thorough=thorough)
        except Exception as error:  # whatever it is, the run is worth more
            self._complain(error)
        self._spent += time.perf_counter() - began

    def _say(
        self, state: Literal["running", "finished", "stopped", "failed"], reason: str = ""
    ) -> None:
        status = {
            "state": state,
            "recipe": self.recipe,
            "started": self._started,
            "reason": reason,
        }
        try:
            write_rebuildable(self.folder.status, json.dumps(status, indent=1) + "\n")
        except OSError as error:
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        if not self._complained:
            self.reporter.warn(f"The report of the run cannot be written: {error}")
        self._complained = True


def _known(folder: RunFolder, key: str) -> str:
    """Return what a run that is resumed said of itself, or ""."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads(folder.status.read_text(encoding="utf-8"))[key])
    return ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
