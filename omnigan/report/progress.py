"""How far a run is, and in which state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from omnigan.engine.runfolder import RunFolder
from omnigan.report.facts import Facts
from omnigan.report.readings import Readings

__all__ = ["Progress", "State", "progress_of"]

State = Literal["running", "finished", "stopped", "failed", "unfinished"]

RECENT = 20  # intervals that say how fast it goes


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        state: ``unfinished`` where the run did not say and nothing works on it.
        step: Steps done.
        total: Steps of the run, if known.
        reason: Why it stopped or failed, or "".
        seconds: It has taken, as far as its last process goes; None where that is not known.
        left: Seconds that it will still take; None where it does not go on or cannot be told.
        started: When, or None.
    """

    state: State
    step: int
    total: int | None
    reason: str
    seconds: float | None
    left: float | None
    started: datetime | None


def progress_of(run: RunFolder, facts: Facts, metrics: Readings, timings: Readings) -> Progress:
    """Return how far a run is.

    Args:
        run: Its folder.
        facts: Of the folder.
        metrics: Of ``metrics.jsonl``.
        timings: Of ``timings.jsonl``.
    """
    step = max(metrics.step, facts.checkpoint or 0)
    state = _state(run, facts, step)
    pace = _pace(timings)
    left = None
    if state == "running" and pace is not None and facts.total is not None:
        left = max(facts.total - step, 0) * pace
    seconds = timings.series.get("seconds")
    return Progress(
        state=state,
        step=step,
        total=facts.total,
        reason=str(facts.status.get("reason", "")),
        seconds=_total(seconds[1]) if seconds else None,
        left=left,
        started=_started(run, facts),
    )


def _state(run: RunFolder, facts: Facts, step: int) -> State:
    said = facts.status.get("state")
    if said in ("finished", "stopped", "failed"):
        known: State = said
        return known
    if run.in_use():
        return "running"
    if facts.total is not None and step >= facts.total:
        return "finished"
    # killed, when it said that it was running and nobody does
    return "stopped" if said == "running" else "unfinished"


def _pace(timings: Readings) -> float | None:
    """Return seconds a step, lately."""
    if "seconds" not in timings.series:
        return None
    steps, seconds = timings.series["seconds"]
    done, taken = (np.diff(column)[-RECENT:] for column in (steps, seconds))
    usable = (done > 0) & (taken > 0)  # a resumed process begins to count at 0
    if usable.any():
        return float(taken[usable].sum() / done[usable].sum())
    return float(seconds[-1] / steps[-1]) if len(steps) == 1 and steps[-1] else None


def _total(seconds: NDArray[np.float64]) -> float:
    """Return the seconds of all processes of a run, each of which counts from 0."""
    return float(seconds[:-1][np.diff(seconds) < 0].sum() + seconds[-1])


def _started(run: RunFolder, facts: Facts) -> datetime | None:
    try:
        return datetime.fromisoformat(facts.status["started"]).astimezone()
    except (KeyError, TypeError, ValueError):
        pass
    try:  # written once, before the first step
        moment = (run.path / "environment.json").stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(moment).astimezone()
