"""Runs and commands that are killed, or asked to stop."""

from __future__ import annotations

import itertools
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

from fault_kit.children import Child
from fault_kit.harms import DieAtFileOperation, DieInsideFile
from fault_kit.trials import Bench, Outcome

__all__ = [
    "kill_at_operation",
    "kill_at_random",
    "kill_building_cache",
    "kill_command",
    "kill_ever_later",
    "kill_inside_file",
    "signals",
]


def kill_at_random(bench: Bench, rng: random.Random, kills: int = 2) -> Outcome:
    """Kill a run so often, at moments spread over its whole length, and go on each time."""
    out = bench.new()
    for _ in range(kills):
        child = bench.start(out)
        child.ends_within(rng.uniform(0, bench.seconds))
        child.signal(signal.SIGKILL)
        ended = child.wait()
        if ended.status == 0:
            break
    return bench.resumed(out, ended)


def kill_at_operation(bench: Bench, number: int) -> Outcome:
    """Kill a run just before one of the operations by which it writes its folder."""
    out = bench.new()
    return bench.resumed(out, bench.train(out, [DieAtFileOperation(str(out), number)]))


def kill_ever_later(bench: Bench, stride: int = 1) -> Outcome:
    """Kill a run before its first write, go on and kill it before the second, and so on."""
    out = bench.new()
    for number in itertools.count(step=stride):
        ended = bench.train(out, [DieAtFileOperation(str(out), number)])
        if ended.status != -signal.SIGKILL:
            break
    return bench.resumed(out, ended) if ended.status else bench.compared(out)


def kill_inside_file(bench: Bench, size: int) -> Outcome:
    """Kill a run in the middle of the first file that is larger than so many bytes."""
    out = bench.new()
    return bench.resumed(out, bench.train(out, [DieInsideFile(size)]))


def kill_building_cache(bench: Bench, number: int) -> Outcome:
    """Kill a run just before one of the operations by which it writes the cache of its data."""
    out = bench.new()
    cache = bench.fresh_cache()
    harm = DieAtFileOperation(cache["OMNIGAN_CACHE"], number)
    ended = bench.train(out, [harm], environment=cache)
    ended = bench.train(out, environment=cache)
    return bench.compared(out) if ended.status == 0 else bench.says(ended)


def kill_command(bench: Bench, rng: random.Random, words: Callable[[Path], list[str]]) -> Outcome:
    """Kill a command that looks at a finished run; it works the next time, and the run is whole."""
    out = bench.new()
    bench.train(out)
    began = time.monotonic()
    if (ended := bench.command(*words(out))).status:
        return Outcome("lost", f"it fails unharmed: {ended.said}")
    length = time.monotonic() - began
    child = Child(words(out), bench.folder / "killed.log", (), bench.environment)
    child.ends_within(rng.uniform(0, length))
    child.signal(signal.SIGKILL)
    child.wait()
    if (ended := bench.command(*words(out))).status:
        return Outcome("lost", f"it does not work again: {ended.said}")
    return bench.compared(out)


def signals(bench: Bench, rng: random.Random) -> Outcome:
    """Ask a run to stop, at a random moment, once or twice in a row."""
    out = bench.new()
    child = bench.start(out)
    child.ends_within(rng.uniform(0, bench.seconds))
    child.signal(rng.choice((signal.SIGINT, signal.SIGTERM)))
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0, 0.05))
        child.signal(rng.choice((signal.SIGINT, signal.SIGTERM)))
    return bench.resumed(out, child.wait())
