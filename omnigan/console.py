"""Progress for a person: bars on a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from omnigan.durations import spoken

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from omnigan.engine.reporter import Reporter

__all__ = ["BarReporter", "LineReporter", "console_reporter"]

_LONG = {
    "d_loss": "D loss",
    "g_loss": "G loss",
    "d_accuracy": "D accuracy",
    "likelihood_loss": "likelihood loss",
    "held_out_likelihood": "held-out likelihood",
}
_SHORT = {
    "d_loss": "D",
    "g_loss": "G",
    "d_accuracy": "acc",
    "likelihood_loss": "NLL",
    "held_out_likelihood": "held-out",
}

_PATIENCE = 2  # intervals that a line of progress waits for a step with readings


def console_reporter(stream: TextIO | None = None) -> Reporter:
    """Return the reporter that suits a stream, by default the standard output."""
    stream = sys.stdout if stream is None else stream
    return BarReporter(stream) if stream.isatty() else LineReporter(stream)


def _losses(readings: Mapping[str, float], names: Mapping[str, str]) -> str:
    """Return "D loss 0.693, G loss 0.701, D accuracy 0.52", as far as they are there."""
    return ", ".join(f"{t} {readings[n]:.3g}" for n, t in names.items() if n in readings)


def _print(text: str, stream: TextIO) -> None:
    """Print a line; a reader that is gone or a full disk is no reason for training to end."""
    with suppress(OSError, ValueError):
        print(text, file=stream, flush=True)


class LineReporter:
    """Prints a line now and then.

    Args:
        stream: Where progress goes; warnings go to the standard error.
        interval: Least seconds between two lines of progress. Steps without readings are told of
            where none with readings comes for twice as long.
        clock: Returns seconds.
    """

    def __init__(
        self,
        stream: TextIO,
        interval: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stream = stream
        self.interval = interval
        self.clock = clock
        self.first = self.total = 0
        self.began = clock()
        self.printed = self.began - interval

    def notify(self, what: str, done: int, total: int) -> None:
        if self._due():
            self._print(f"{what}: {done} of {total}")

    def start(self, folder: Path, first: int, total: int) -> None:
        self.first, self.total = first, total
        self.began = self.clock()
        self.printed = self.began - self.interval
        after = f" after {first}" if first else ""
        self.say(f"training {total} steps{after} in {folder}")

    def step(self, step: int, readings: Mapping[str, float]) -> None:
        if not (self._due(1 if readings else _PATIENCE) or (readings and step == self.total)):
            return
        seconds = max(self.clock() - self.began, 1e-9)
        speed = (step - self.first) / seconds
        left = spoken((self.total - step) / speed) if speed else "unknown"
        parts = [f"step {step} of {self.total}", _losses(readings, _LONG), f"{speed:.3g} steps/s"]
        self._print(", ".join(part for part in [*parts, f"{left} left"] if part))

    def say(self, text: str) -> None:
        _print(text, self.stream)

    def warn(self, text: str) -> None:
        _print(f"warning: {text}", sys.stderr)

    def finish(self) -> None: ...

    def _due(self, intervals: int = 1) -> bool:
        return self.clock() - self.printed >= intervals * self.interval

    def _print(self, text: str) -> None:
        self.printed = self.clock()
        self.say(text)


class BarReporter:
    """Draws a bar for training, and one for each other long work while it lasts.

    Args:
        stream: A terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Left

        self.progress: Progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=12),  # everything else fits beside it on 80 columns
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            Left(elapsed_when_finished=True),
            console=Console(file=stream),
        )
        self.training: TaskID | None = None
        self.works: dict[str, TaskID] = {}
        self.losses = ""

    def notify(self, what: str, done: int, total: int) -> None:
        self.progress.start()
        if what not in self.works:
            self.works[what] = self.progress.add_task(what, total=total, note="")
        self.progress.update(self.works[what], completed=done, total=total)
        if done >= total:
            self.progress.remove_task(self.works.pop(what))

    def start(self, folder: Path, first: int, total: int) -> None:
        self.say(f"training in {folder}")
        self.progress.start()
        self.training = self.progress.add_task("training", total=total, completed=first, note="")

    def step(self, step: int, readings: Mapping[str, float]) -> None:
        if self.training is None:
            return
        self.losses = _losses(readings, _SHORT) or self.losses
        task = self.progress.tasks[self.progress.task_ids.index(self.training)]
        speed = f"{task.speed:.3g}/s" if task.speed else ""
        note = " ".join(part for part in (speed, self.losses) if part)
        self.progress.update(self.training, completed=step, note=note)

    def say(self, text: str) -> None:
        self.progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def warn(self, text: str) -> None:
        self.say(f"warning: {text}")

    def finish(self) -> None:
        self.progress.stop()
