"""Chorales: omnigan's recipe and the MuseGAN-like baseline at equal CPU-seconds, several seeds.

Run it alone on the machine, from the repository's root:

    python benchmarks/music.py train --recipe music --seeds 0,1,2
    python benchmarks/music.py train --recipe music-musegan --seeds 0 --cpu-seconds 560
    python benchmarks/music.py table

``train`` goes through ``omnigan.train``; ``table`` evaluates the runs and prints a Markdown table.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import torch
from budget import cpu_seconds, timings, train_within

import omnigan
from omnigan.domain import Batch
from omnigan.evaluation.evaluate import Evaluation, Row, evaluate

RUNS = Path("runs/benchmark-music")
SAMPLES = 600


def train(recipe: str, seeds: Iterable[int], budget: float | None) -> None:
    """Train one run per seed."""
    for seed in seeds:
        train_within(budget, RUNS / f"{recipe}-{seed}", recipe, [], seed)


def evaluated(run: Path) -> Evaluation:
    """Score a run's moving-average weights."""
    trained = omnigan.load(run)
    generated = trained.generate(SAMPLES, seed=1)
    return evaluate(trained.domain, generated, samples=SAMPLES, seed=1)


def of_training(run: Path) -> Evaluation:
    """Score training phrases as if they were generated: so far the split itself is off."""
    domain = omnigan.load(run).domain
    phrases = domain.some(SAMPLES, torch.Generator().manual_seed(1))
    return evaluate(domain, Batch(phrases[:SAMPLES]), samples=SAMPLES, seed=1)


def table() -> None:
    """Print every metric of every run beside the values of held-out and of training pieces."""
    runs = sorted(path for path in RUNS.iterdir() if path.name.startswith("music"))
    results = {"training": of_training(runs[0])} | {run.name: evaluated(run) for run in runs}
    print(f"{SAMPLES} samples of the moving average, sampling and evaluation seed 1\n")
    print("| metric | real |", " | ".join(results), "|")
    print("|---|---|" + "---|" * len(results))
    seconds = " | ".join(f"{cpu_seconds(timings(run)[-1]):.0f}" for run in runs)
    print(f"| CPU-seconds of training | | | {seconds} |")
    first = next(iter(results.values()))
    for number, row in enumerate(first.rows):
        values = " | ".join(shown(result.rows[number]) for result in results.values())
        print(f"| {row.metric} {row.part} | {row.floor:.{row.digits}f} | {values} |")


def shown(row: Row) -> str:
    """Return a row's value as text."""
    return f"{row.value:.{row.digits}f}"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["train", "table"])
    parser.add_argument("--recipe", default="music")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--cpu-seconds", type=float)
    options = parser.parse_args()
    if options.action == "table":
        table()
    else:
        seeds = [int(seed) for seed in options.seeds.split(",")]
        train(options.recipe, seeds, options.cpu_seconds)


if __name__ == "__main__":
    main()
