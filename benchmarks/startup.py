"""How long omnigan takes to start: its commands, and training up to the first step.

    python benchmarks/startup.py

Each command runs as often as ``--rounds`` says, in a process of its own on one thread; the table
shows the median CPU-seconds and wall-clock seconds. ``train`` takes one step and one sample, with
its data in the cache.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RECIPES = ("image", "music", "audio", "text")


def commands(folder: Path) -> dict[str, list[str]]:
    """Return what is measured, by what it is called in the table."""
    short = ["train.steps=1", "log.samples=1", "train.device=cpu"]
    train = {
        f"omnigan train {name}, one step": ["train", name, *short, "--out", f"{folder / name}"]
        for name in RECIPES
    }
    plain = {f"omnigan {name}": name.split() for name in ("--help", "train --help", "recipes")}
    return {"python -c 'import torch'": [], **plain, "omnigan domains": ["domains"], **train}


def once(arguments: list[str]) -> tuple[float, float]:
    """Run a command; return its CPU-seconds and its seconds."""
    program = ["-m", "omnigan", *arguments] if arguments else ["-c", "import torch"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [sys.executable, *program], check=True, env=environment, stdout=subprocess.DEVNULL
    )
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print("| command | CPU-seconds | seconds |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for name in commands(Path(scratch)):
            # A folder of its own for each round; the first fills caches and does not count.
            found = [once(commands(Path(scratch) / str(n))[name]) for n in range(rounds + 1)][1:]
            cpu, wall = (statistics.median(values) for values in zip(*found, strict=True))
            print(f"| `{name}` | {cpu:.2f} | {wall:.2f} |", flush=True)


if __name__ == "__main__":
    main()
