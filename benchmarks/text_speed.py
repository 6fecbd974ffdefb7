"""What a step of text training costs: CPU-seconds and memory.

Run it alone on the machine, from the repository's root:

    python benchmarks/text_speed.py

Each setting runs in a process of its own, on one thread: the recipe `text-oracle` with other sizes.
Memory is the largest resident size while training, above that before the first step.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import torch

from omnigan.engine.allocator import keep_freed_memory
from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.step import Adversaries
from omnigan.recipe.load import load_recipe

SETTINGS = {"B=64, T=10, V=100": (64, 10, 100), "B=256, T=32, V=2000": (256, 32, 2000)}
WARM, MEASURED = 8, 40


def measure(batch: int, length: int, symbols: int) -> None:
    """Print steps per CPU-second, and MiB."""
    torch.set_num_threads(1)
    keep_freed_memory()  # as training does
    overrides = [
        f"train.batch_size={batch}",
        f"data.oracle={{symbols: {symbols}, length: {length}, examples: 2000}}",
    ]
    loaded = load_recipe("text-oracle", overrides)
    domain = loaded.domain_class(loaded.domain_config).resolve()
    players = Adversaries(domain, loaded.recipe.train, 0, torch.device("cpu"))
    data = batches(BatchOrder(domain.source("train"), batch, 0), 0, 0)
    before = _most_memory()
    for _ in range(WARM):  # penalties come every fourth step
        players.advance(data)
    began = time.process_time()
    for _ in range(MEASURED):
        players.advance(data)
    each = (time.process_time() - began) / MEASURED
    print(f"{1 / each:.2f} {_most_memory() - before:.0f}")


def _most_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Run each setting, or the one that the command line names."""
    if len(sys.argv) > 1:
        measure(*map(int, sys.argv[1:]))
        return
    print("| setting | steps per CPU-second | memory of training, MiB |\n|---|---|---|")
    for name, sizes in SETTINGS.items():
        command = [sys.executable, __file__, *map(str, sizes)]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        print(f"| {name} | {' | '.join(found.split())} |", flush=True)


if __name__ == "__main__":
    main()
