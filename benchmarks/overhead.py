"""What the engine costs: CPU-seconds of its steps over those of a bare hand-written loop.

    python benchmarks/overhead.py music image audio text

Both use the same networks, loss, penalties, augmentation, auxiliary terms, data, batch and
optimiser, and take turns in short stretches on one thread; the table shows the ratio of each pair
of stretches. What the engine adds is its data order, its seeds for every draw, schedules, readings,
the check that they are finite, gradient norms and the averages of the batch norms. The third column
is the share of the engine's time that goes into batches, of which the bare loop reads as many.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator

import torch
from bare_loop import bare_steps

from omnigan.domain import Batch
from omnigan.engine.health import as_floats, check_finite
from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.step import Adversaries
from omnigan.recipe.load import load_recipe

STRETCHES, STEPS = 12, 8


class Timed:
    """Batches, and the CPU-seconds that they took.

    Args:
        data: The batches.
    """

    def __init__(self, data: Iterator[Batch]) -> None:
        self.data = data
        self.seconds = 0.0

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        began = time.process_time()
        try:
            return next(self.data)
        finally:
            self.seconds += time.process_time() - began


def engine_steps(adversaries: Adversaries, data: Iterator[Batch]) -> Iterator[None]:
    """Yield after each step of the engine, data and finiteness check included."""
    while True:
        check_finite(as_floats(adversaries.advance(data)), adversaries.step)
        yield


def seconds(steps: Iterator[None]) -> float:
    """Return the CPU-seconds of one stretch."""
    began = time.process_time()
    for _ in range(STEPS):
        next(steps)
    return time.process_time() - began


def row(name: str) -> str:
    """Measure a recipe; return a line of the table."""
    loaded = load_recipe(name)
    domain, train = loaded.domain_class(loaded.domain_config).resolve(), loaded.recipe.train
    order = BatchOrder(domain.source("train"), train.batch_size, 0)
    data = Timed(batches(order, 0, 0))
    engine = engine_steps(Adversaries(domain, train, 0, torch.device("cpu")), data)
    bare = bare_steps(domain, train)
    seconds(engine), seconds(bare)
    data.seconds = 0.0
    pairs = [(seconds(engine), seconds(bare)) for _ in range(STRETCHES)]
    ratios = sorted(ours / theirs for ours, theirs in pairs)
    ours, theirs = (1e3 * statistics.median(side) / STEPS for side in zip(*pairs, strict=True))
    share = data.seconds / sum(engine for engine, _ in pairs)
    spread = f"{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"
    return f"| `{name}` | {ours:.1f} | {theirs:.1f} | {spread} | {share:.1%} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="*", default=["music", "image", "audio", "text"])
    recipes = parser.parse_args().recipes
    torch.set_num_threads(1)
    print(f"{STRETCHES} pairs of {STEPS} steps, one thread, torch {torch.__version__}\n")
    print("| recipe | engine, CPU-ms a step | bare loop | ratio | data |")
    print("|---|---|---|---|---|")
    for name in recipes:
        print(row(name), flush=True)


if __name__ == "__main__":
    main()
