"""Whether a long run stays as it began: memory, open files, threads and the time of a step.

    python benchmarks/soak.py
    python benchmarks/soak.py --steps 3000 --domain text

It trains the smallest recipe there is for many steps, with all that a run does in between, and
prints a line after each tenth. The first tenth is for warming up; what comes after it should be
flat.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from fault_kit.sources import DOMAINS, recipe_for

import omnigan
from omnigan.engine.reporter import Quiet

MEMORY = 0.05
"""Share by which memory may grow between the first tenth and the last."""
SPEED = 0.25
"""Share by which CPU-seconds of a step may grow; other programs have a part in them."""


@dataclass(frozen=True)
class Reading:
    """The state of the process after a tenth of the run."""

    step: int
    megabytes: float
    handles: int
    threads: int
    milliseconds: float

    def __str__(self) -> str:
        return (
            f"| {self.step:,} | {self.megabytes:.1f} | {self.handles} | {self.threads} "
            f"| {self.milliseconds:.2f} |"
        )


class Watch(Quiet):
    """Takes a reading after each tenth of a run, and prints it."""

    def __init__(self, steps: int) -> None:
        self.tenth = max(1, steps // 10)
        self.readings: list[Reading] = []
        self.before = time.process_time()

    def step(self, step: int, readings: Mapping[str, float]) -> None:
        if step % self.tenth:
            return
        spent = time.process_time() - self.before
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        reading = Reading(
            step,
            pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
            len(os.listdir("/proc/self/fd")),
            threading.active_count(),
            1000 * spent / self.tenth,
        )
        self.readings.append(reading)
        print(reading, flush=True)
        self.before = time.process_time()


def verdict(readings: Sequence[Reading]) -> list[str]:
    """Return what grew from the first tenth to the last, in sentences; nothing if all is flat."""
    first, last = readings[0], readings[-1]
    grew = []
    if last.megabytes > (1 + MEMORY) * first.megabytes:
        per_step = 1e6 * (last.megabytes - first.megabytes) / (last.step - first.step)
        grew.append(f"Memory grew by {per_step:,.0f} bytes a step.")
    if last.handles > first.handles:
        grew.append(f"Open files grew from {first.handles} to {last.handles}.")
    if last.threads > first.threads:
        grew.append(f"Threads grew from {first.threads} to {last.threads}.")
    if min(each.milliseconds for each in readings[-3:]) > (1 + SPEED) * first.milliseconds:
        grew.append("Steps became slower.")
    return grew


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--domain", default="image", choices=DOMAINS)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="omnigan-soak-") as name:
        folder = Path(name)
        os.environ["OMNIGAN_CACHE"] = str(folder / "cache")
        recipe = recipe_for(chosen.domain, folder / "data")
        recipe["train"]["steps"] = chosen.steps
        often = max(1, chosen.steps // 100)
        recipe["log"] |= dict.fromkeys(("samples_every", "checkpoint_every"), often)
        recipe["log"] |= {"evaluate_every": 10 * often, "every": 10}
        watch = Watch(chosen.steps)
        print("| step | memory (MB) | open files | threads | CPU time of a step (ms) |")
        print("|--:|--:|--:|--:|--:|")
        omnigan.train(recipe, out=folder / "run", reporter=watch)
    print("\n" + (" ".join(verdict(watch.readings)) or "Flat."))


if __name__ == "__main__":
    main()
