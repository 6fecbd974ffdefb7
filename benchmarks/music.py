"""Chorales: omnigan's recipe and the MuseGAN-like baseline at equal CPU-seconds, several seeds.

Run it alone on the machine, from the repository's root:

    python benchmarks/music.py train --recipe music --seeds 0,1,2
    python benchmarks/music.py train --recipe music-musegan --seeds 0 --cpu-seconds 560
    python benchmarks/music.py table

``train`` goes through ``omnigan.train``; ``table`` evaluates the runs and prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import omnigan
from omnigan.evaluation.evaluate import Evaluation, Row, evaluate

RUNS = Path("runs/benchmark-music")
SAMPLES = 600


def timings(run: Path) -> list[dict[str, float]]:
    """Return the lines of a run's ``timings.jsonl``."""
    return [json.loads(line) for line in (run / "timings.jsonl").read_text().splitlines()]


def cpu_seconds(line: dict[str, float]) -> float:
    """Return the CPU-seconds of training up to a line, without rendering samples."""
    return line["cpu_seconds"] - line["samples"]


def steps_for(recipe: str, budget: float) -> int:
    """Return how many steps of a recipe fit a budget of CPU-seconds, from a trial of 60."""
    trial = RUNS / f"trial-{recipe}"
    if not (trial / "timings.jsonl").exists():
        settings = ["train.steps=60", "log.every=20", "log.samples_every=60", "train.threads=1"]
        omnigan.train(recipe, settings, out=trial)
    first, *_, last = timings(trial)
    return int(budget / ((cpu_seconds(last) - cpu_seconds(first)) / 40))


def train(recipe: str, seeds: Iterable[int], budget: float | None) -> None:
    """Train one run per seed."""
    for seed in seeds:
        out = RUNS / f"{recipe}-{seed}"
        overrides = [f"seed={seed}", "train.threads=1", "log.every=20"]
        if budget is not None:
            overrides.append(f"train.steps={steps_for(recipe, budget)}")
        omnigan.train(recipe, overrides, out=out)
        print(f"{out}: {cpu_seconds(timings(out)[-1]):.0f} CPU-seconds", flush=True)


def evaluated(run: Path) -> Evaluation:
    """Score a run's moving-average weights."""
    trained = omnigan.load(run)
    generated = trained.generate(SAMPLES, seed=1)
    return evaluate(trained.domain, generated, samples=SAMPLES, seed=1)


def table() -> None:
    """Print every metric of every run beside the real held-out value."""
    runs = sorted(path for path in RUNS.iterdir() if path.name.startswith("music"))
    results = {run.name: evaluated(run) for run in runs}
    print(f"{SAMPLES} samples of the moving average, sampling and evaluation seed 1\n")
    print("| metric | real |", " | ".join(results), "|")
    print("|---|---|" + "---|" * len(results))
    seconds = " | ".join(f"{cpu_seconds(timings(run)[-1]):.0f}" for run in runs)
    print(f"| CPU-seconds of training | | {seconds} |")
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
