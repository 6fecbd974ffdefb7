"""Runs that meet other runs, or lose a process of theirs."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from fault_kit.children import Child
from fault_kit.trials import Bench, Outcome

__all__ = [
    "lost_worker",
    "two_caches",
    "two_runs",
]


def two_runs(bench: Bench) -> Outcome:
    """Start two runs into one folder at once: one trains, the other says that it cannot."""
    out = bench.new()
    first = bench.start(out)
    log = out.with_suffix(".second.log")
    second = Child(bench.words(out), log, (), bench.environment)
    ended = [first.wait(), second.wait()]
    if sorted(each.status for each in ended) != [0, 2]:
        return Outcome("lost", f"{ended}")
    refused = next(each for each in ended if each.status)
    return bench.compared(out) if refused.sentence else bench.says(refused)


def two_caches(bench: Bench) -> Outcome:
    """Start two runs at once that need the same cache, which is not there yet."""
    cache = bench.fresh_cache()
    outs = bench.new(), bench.new()
    children = [bench.start(out, environment=cache) for out in outs]
    for child in children:
        if (ended := child.wait()).status:
            return bench.says(ended)
    outcomes = [bench.compared(out) for out in outs]
    return next((each for each in outcomes if each.kind == "lost"), outcomes[0])


def lost_worker(bench: Bench, rng: random.Random) -> Outcome:
    """Kill a loader process of a run."""
    out = bench.new()
    child = bench.start(out, (), "train.workers=2")
    loaders: list[int] = []
    while len(loaders) < 2 and not child.ends_within(0.01):
        loaders = _loaders(child.process.pid)
    time.sleep(rng.uniform(0, bench.seconds))
    for loader in loaders[:1]:
        os.kill(loader, signal.SIGKILL)
    return bench.resumed(out, child.wait())


def _loaders(parent: int) -> list[int]:
    found = []
    for number in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        command = Path(f"/proc/{number}/cmdline").read_bytes()
        if b"spawn_main" in command:
            found.append(int(number))
    return found
