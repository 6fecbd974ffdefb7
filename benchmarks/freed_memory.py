"""What keeping freed memory saves: CPU-seconds of a step with it over those without, and MiB.

    python benchmarks/freed_memory.py text text-oracle image music

It cannot be undone in a process, so processes with and without it take turns, each with the same
steps of the same recipe on one thread; the table has the median of the ratios of pairs, and their
range. Memory is the largest resident size of a process.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time

import torch

from omnigan.engine.allocator import keep_freed_memory
from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.step import Adversaries
from omnigan.recipe.load import load_recipe

PAIRS, WARM, STEPS = 5, 4, 24  # as many steps as hold six rounds of the lazy penalties


def measure(name: str) -> None:
    """Print the CPU-milliseconds of a step, and MiB."""
    torch.set_num_threads(1)
    loaded = load_recipe(name)
    domain, train = loaded.domain_class(loaded.domain_config).resolve(), loaded.recipe.train
    players = Adversaries(domain, train, 0, torch.device("cpu"))
    data = batches(BatchOrder(domain.source("train"), train.batch_size, 0), 0, 0)
    for _ in range(WARM):
        players.advance(data)
    began = time.process_time()
    for _ in range(STEPS):
        players.advance(data)
    each = (time.process_time() - began) / STEPS
    print(1e3 * each, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measured(name: str, kept: bool) -> tuple[float, float]:
    """Return what a process prints that keeps freed memory, or does not."""
    command = [sys.executable, __file__, name, "--here", *(["--keep"] if kept else [])]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(found[-2]), float(found[-1])


def row(name: str) -> str:
    """Measure a recipe; return a line of the table."""
    pairs = [(measured(name, True), measured(name, False)) for _ in range(PAIRS)]
    ratios = sorted(kept[0] / given[0] for kept, given in pairs)
    memory = [statistics.median(side[1] for side in sides) for sides in zip(*pairs, strict=True)]
    times = f"{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"
    return f"| `{name}` | {times} | {memory[0]:.0f} | {memory[1]:.0f} |"


def main() -> None:
    """Measure and print; in a process of its own, one side."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="*", default=["text", "text-oracle", "image", "music"])
    parser.add_argument("--here", action="store_true", help="measure one recipe in this process")
    parser.add_argument("--keep", action="store_true", help="and keep its freed memory")
    chosen = parser.parse_args()
    if chosen.keep and not keep_freed_memory():
        sys.exit("The C library of this system has no such setting.")
    if chosen.here:
        measure(*chosen.recipes)
        return
    print(f"{PAIRS} pairs of {STEPS} steps, one thread, torch {torch.__version__}\n")
    print("| recipe | kept over given back | MiB | MiB, given back |\n|---|---|---|---|")
    for name in chosen.recipes:
        print(row(name), flush=True)


if __name__ == "__main__":
    main()
