"""Where a step's time goes: by phase, and by the operators of torch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch.profiler import ProfilerActivity, profile

from omnigan.engine.phases import Phases, timing
from omnigan.engine.reporter import Reporter
from omnigan.engine.runfolder import RunFolder, write_text
from omnigan.recipe.schema import Train

__all__ = ["Profile", "Unprofiled"]

WARM = 4
"""Steps that are left out: the first ones fill caches."""
FEWEST, MOST = 8, 32
"""Steps that are timed; enough for one round of the lazy penalties."""
TRACED = 2
"""Steps whose operators are recorded, which makes them slower."""
OPERATORS = 25
STEP = ("step",)


class Unprofiled:
    """Measures nothing."""

    def step(self) -> AbstractContextManager[None]:
        """Return a context for one step."""
        return nullcontext()

    def end(self) -> None:
        """Training has ended."""


class Profile(Unprofiled):
    """Times the phases of some early steps, then records the operators of two more.

    Args:
        folder: Where ``profile.txt`` goes, for people, and ``profile.json``, a trace.
        train: The recipe's section.
        device: Where the networks live.
        reporter: Told what was found.
    """

    def __init__(
        self, folder: RunFolder, train: Train, device: torch.device, reporter: Reporter
    ) -> None:
        self.folder, self.device, self.reporter = folder, device, reporter
        round_ = math.lcm(*(penalty.interval for penalty in train.penalties.values()))
        self.timed = min(max(FEWEST, round_), MOST)
        self.phases = Phases(device)
        self.done = 0
        kinds = [ProfilerActivity.CPU]
        kinds += [ProfilerActivity.CUDA] if device.type == "cuda" else []
        self.tracer = profile(activities=kinds, acc_events=True)  # or it warns of what it forgets

    @contextmanager
    def step(self) -> Iterator[None]:
        """Measure the block, one step, if it is its turn."""
        place = self.done - WARM
        self.done += 1
        if 0 <= place < self.timed:
            with timing(self.phases), self.phases.measuring(*STEP):
                yield
            return
        traced = place - self.timed
        if traced == 0:
            self.tracer.start()
        try:
            yield
        finally:
            if traced == TRACED - 1:
                self.tracer.stop()
        if traced == TRACED - 1:
            self._write()

    def end(self) -> None:
        """Say so if the run was too short."""
        needed = WARM + self.timed + TRACED
        if self.done < needed:
            if self.done > needed - TRACED:
                self.tracer.stop()
            self.reporter.warn(f"--profile: needs {needed} steps, of which {self.done} were taken.")

    def _write(self) -> None:
        table = self.table()
        order = "self_device_time_total" if self.device.type == "cuda" else "self_cpu_time_total"
        found = self.tracer.key_averages().table(sort_by=order, row_limit=OPERATORS)
        text = f"{table}\n\nOperators of {TRACED} steps more, recorded by torch:\n\n{found}\n"
        write_text(self.folder.path / "profile.txt", text)
        self.tracer.export_chrome_trace(str(self.folder.path / "profile.json"))
        self.reporter.say(
            f"{table}\nOperators are in {self.folder.path / 'profile.txt'}; open profile.json "
            "beside it in chrome://tracing or ui.perfetto.dev."
        )

    def table(self) -> str:
        """Return where the time went, a line for each phase."""
        total = self.phases.seconds[STEP]
        own = self.phases.own()
        lines = [f"Where a step's time goes ({self.timed} steps, {total / self.timed:.4f} s each):"]
        for path, seconds in own.items():
            name = ": ".join(path[1:])
            lines.append(f"  {seconds / total:6.1%}  {seconds / self.timed:.4f} s  {name}")
        return "\n".join(lines)
