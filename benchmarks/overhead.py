"""What the engine costs: CPU-seconds of its steps over those of a bare hand-written loop.

    python benchmarks/overhead.py music image audio text
    python benchmarks/overhead.py music --pairs 200

Both use the same networks, loss, penalties, augmentation, auxiliary terms, data, batch and
optimiser, and take turns in many short stretches on one thread, each as long as one round of the
lazy penalties; who goes first alternates. The ratio is the mean over the middle half of the pairs,
so that a stretch in which the machine did something else does not count, with the interval in which
95 % of resampled means lie, and the quartiles of the single pairs. On a quiet machine sixty pairs
tell 1.00 from 1.03; where the interval is wider than that, take more, or wait.

What the engine adds is its data order, its seeds for every draw, schedules, readings, the check
that they are finite, gradient norms and the averages of the batch norms. The last column is the
share of the engine's time that goes into batches, of which the bare loop reads as many.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Iterator, Sequence

import torch
from bare_loop import bare_steps

from omnigan.domain import Batch
from omnigan.engine.health import as_floats, check_finite
from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.step import Adversaries
from omnigan.recipe.load import load_recipe

Pairs = list[tuple[float, float]]
"""Seconds of the engine and of the bare loop."""
PAIRS, LONGEST, RESAMPLED = 60, 16, 2000


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


def seconds(steps: Iterator[None], count: int) -> float:
    """Return the CPU-seconds of one stretch."""
    began = time.process_time()
    for _ in range(count):
        next(steps)
    return time.process_time() - began


def middle(ratios: Sequence[float]) -> float:
    """Return the mean of the middle half."""
    cut = len(ratios) // 4
    return statistics.fmean(sorted(ratios)[cut : len(ratios) - cut])


def interval(ratios: Sequence[float]) -> tuple[float, float]:
    """Return where 95 % of the means lie that other pairs like these would have."""
    rng = random.Random(0)
    means = sorted(middle(rng.choices(ratios, k=len(ratios))) for _ in range(RESAMPLED))
    return means[RESAMPLED // 40], means[-1 - RESAMPLED // 40]


def alternating(ours: Iterator[None], theirs: Iterator[None], count: int, pairs: int) -> Pairs:
    """Return the seconds of stretches in turns, each side first in every other pair."""
    found = []
    for number in range(pairs):
        sides = (ours, theirs) if number % 2 else (theirs, ours)
        pair = [seconds(side, count) for side in sides]
        found.append((pair[0], pair[1]) if number % 2 else (pair[1], pair[0]))
    return found


def row(name: str, pairs: int) -> str:
    """Measure a recipe; return a line of the table."""
    loaded = load_recipe(name)
    domain, train = loaded.domain_class(loaded.domain_config).resolve(), loaded.recipe.train
    order = BatchOrder(domain.source("train"), train.batch_size, 0)
    data = Timed(batches(order, 0, 0))
    engine = engine_steps(Adversaries(domain, train, 0, torch.device("cpu")), data)
    bare = bare_steps(domain, train)
    # Both begin with a step that computes every penalty, so that their stretches hold as many.
    steps = min(max((each.interval for each in train.penalties.values()), default=4), LONGEST)
    alternating(engine, bare, steps, 2)
    data.seconds = 0.0
    found = alternating(engine, bare, steps, pairs)
    ratios = [ours / theirs for ours, theirs in found]
    ours, theirs = (1e3 * statistics.median(side) / steps for side in zip(*found, strict=True))
    share = data.seconds / sum(engine for engine, _ in found)
    low, high = interval(ratios)
    quartiles = statistics.quantiles(ratios, n=4)
    cells = [f"`{name}`", f"{ours:.1f}", f"{theirs:.1f}", f"{middle(ratios):.3f}"]
    cells += [f"{low:.3f} to {high:.3f}", f"{quartiles[0]:.3f} to {quartiles[-1]:.3f}"]
    return f"| {' | '.join([*cells, f'{share:.1%}'])} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="*", default=["music", "image", "audio", "text"])
    parser.add_argument("--pairs", type=int, default=PAIRS, help="of stretches (at least 4)")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{chosen.pairs} pairs, one thread, torch {torch.__version__}\n")
    names = ["recipe", "engine, CPU-ms a step", "bare loop", "ratio", "95 % interval"]
    names += ["quartiles of single pairs", "data"]
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for name in chosen.recipes:
        print(row(name, chosen.pairs), flush=True)


if __name__ == "__main__":
    main()
