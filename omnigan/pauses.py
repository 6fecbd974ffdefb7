"""What a run does between its steps: how often, and how long it takes once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from omnigan.engine import checkpoint
from omnigan.engine.calendar import Calendar
from omnigan.engine.step import Adversaries
from omnigan.errors import OmniganError
from omnigan.recipe.schema import Recipe
from omnigan.returned import Breach, artifacts
from omnigan.sampling import Trained
from omnigan.wording import numbered

__all__ = ["Pause", "pauses"]

_SHORT = 2.0
"""Seconds below which the first time is most likely spent on loading libraries."""


@dataclass(frozen=True)
class Pause:
    """Something that a run does again and again, while it takes no steps.

    Attributes:
        what: For people.
        times: How often in the whole run.
        seconds: Measured, of one time; None where it was not.
    """

    what: str
    times: int
    seconds: float | None

    def text(self) -> str:
        """Return what it takes, for a person."""
        if self.seconds is None:
            return f"not counting {self.what}, {numbered(self.times, 'time')}"
        return f"{self.what} {numbered(self.times, 'time')} {self.seconds:.2g} s"


def pauses(players: Adversaries, recipe: Recipe, folder: Path, fits: bool) -> list[Pause]:
    """Measure samples and checkpoints, and count evaluations, which can take minutes.

    Args:
        players: Networks after a few steps.
        recipe: The resolved recipe.
        folder: Where samples and checkpoints are written and deleted again.
        fits: Whether there is enough memory to measure anything.
    """
    calendar = Calendar(recipe, players)

    def samples(place: Path) -> None:
        trained = Trained(players.domain, players.average, players.step, players.device)
        domain, x = players.domain, trained.preview(recipe.log.samples, recipe.seed).x
        artifacts(domain, "preview", domain.preview(x, place))

    def checkpoints(place: Path) -> None:
        checkpoint.write(place, players, {})

    def measured(work: Callable[[Path], None]) -> float | None:
        return _seconds(work, folder) if fits else None

    found = [
        # Of the beginning, too, and then of real examples.
        Pause("samples", 2 + calendar.times(calendar.samples), measured(samples)),
        Pause("checkpoints", 1 + calendar.times(calendar.checkpoints), measured(checkpoints)),
    ]
    if calendar.evaluations:
        found.append(Pause("evaluations", calendar.times(calendar.evaluations), None))
    return found


def _seconds(work: Callable[[Path], None], folder: Path) -> float | None:
    """Return how long something takes that writes into a folder; None if it cannot be done."""
    taken: list[float] = []
    try:
        while len(taken) < 2 and sum(taken) < _SHORT:
            with TemporaryDirectory(dir=folder, prefix=".rehearsal-") as place:
                began = time.perf_counter()
                work(Path(place))
                taken.append(time.perf_counter() - began)
    except Breach:
        raise
    except (OmniganError, OSError):  # weights of few steps may be good for nothing; full disks
        return None
    return min(taken)
