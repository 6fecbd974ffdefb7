"""Images: the default recipe and three classic ones at equal CPU-seconds, several seeds.

Run it alone on the machine, from the repository's root:

    python benchmarks/images.py train --set mnist --seeds 0,1,2
    python benchmarks/images.py table --set mnist
    python benchmarks/images.py train --set emoji --array my/emoji_32.npz

``train`` goes through ``omnigan.train``; of each classic recipe's two learning rates the one with
the lower Frechet distance at the first seed goes on. ``table`` prints Markdown.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from budget import cpu_seconds, timings, train_within

import omnigan
from omnigan.evaluation.evaluate import Evaluation, Evaluator

RUNS = Path("runs/benchmark-images")
SAMPLES = 1000
BUDGET = 300.0

CLASSIC: dict[str, list[str]] = {
    # Radford et al. 2016.
    "dcgan": [
        "train.loss=non-saturating",
        "train.penalties={}",
        "train.betas=[0.5, 0.999]",
        "discriminator.norm=batch",
    ],
    # Gulrajani et al. 2017.
    "wgan-gp": [
        "train.loss=wasserstein",
        "train.penalties={gradient-penalty: {weight: 10}}",
        "train.betas=[0.0, 0.9]",
        "train.discriminator_steps=5",
    ],
    # Miyato et al. 2018, as large as the others' networks; with one critic step instead of five,
    # since five leave it too few updates in this time.
    "sngan": [
        "train.loss=hinge",
        "train.penalties={}",
        "train.betas=[0.0, 0.9]",
        "generator={body: resnet-sn, width: 16}",
        "discriminator={body: resnet-sn, width: 16}",
    ],
}
RATES = ("2e-4", "5e-4")
SHOWN = ("Frechet distance", "kernel distance", "precision", "recall", "density", "coverage")


def score(run: Path) -> Evaluation:
    """Score a run's moving average on the features of a classifier of the training images."""
    trained = omnigan.load(run)
    evaluator = Evaluator(trained.domain, SAMPLES, 1, features="classifier")
    return evaluator(evaluator.generate(trained, SAMPLES))


def value(evaluation: Evaluation, metric: str) -> tuple[float, float]:
    """Return a metric's value and floor."""
    row = next(row for row in evaluation.rows if row.metric == metric)
    return row.value, row.floor


def train(folder: Path, data: list[str], methods: list[str], seeds: list[int]) -> None:
    """Train what is missing of each method's runs."""
    for method in methods:
        tried = {f"{method}-{rate}": rate for rate in RATES} if method in CLASSIC else {method: ""}
        first = seeds[0]
        for name, rate in tried.items():
            _train(folder, name, _overrides(method, rate) + data, first)
        distance = {name: value(score(folder / f"{name}-{first}"), SHOWN[0])[0] for name in tried}
        best = min(tried, key=lambda name: distance[name])
        print(f"{method}: Frechet distances {distance}, goes on with {best}", flush=True)
        for seed in seeds[1:]:
            _train(folder, best, _overrides(method, tried[best]) + data, seed)


def _overrides(method: str, rate: str) -> list[str]:
    return [*CLASSIC.get(method, []), *([f"train.rate={rate}"] if rate else [])]


def _train(folder: Path, name: str, overrides: list[str], seed: int) -> None:
    out = folder / f"{name}-{seed}"
    if not out.exists():
        train_within(BUDGET, out, "image", overrides, seed)


def table(folder: Path) -> None:
    """Print the mean and the range over seeds of each method's scores."""
    groups: dict[str, list[Path]] = {}
    for run in sorted(folder.iterdir()):
        if not run.name.startswith("trial-"):
            groups.setdefault(run.name.rpartition("-")[0], []).append(run)
    print(f"{SAMPLES} samples of the moving average, {BUDGET:.0f} CPU-seconds, one thread\n")
    print("| method | seeds | steps | CPU-seconds |", " | ".join(SHOWN), "|")
    print("|---|---|---|---|" + "---|" * len(SHOWN))
    floors: list[float] = []
    for name, runs in groups.items():
        scores = [score(run) for run in runs]
        floors = [value(scores[0], metric)[1] for metric in SHOWN]
        last = [timings(run)[-1] for run in runs]
        seconds = statistics.mean(cpu_seconds(line) for line in last)
        cells = [spread([value(each, metric)[0] for each in scores]) for metric in SHOWN]
        print(
            f"| {name} | {len(runs)} | {last[0]['step']} | {seconds:.0f} |", " | ".join(cells), "|"
        )
    print("| real | | | |", " | ".join(f"{floor:.3g}" for floor in floors), "|")


def spread(values: list[float]) -> str:
    """Return the mean and, of several, the range."""
    mean = f"{statistics.mean(values):.3g}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.3g} to {max(values):.3g})"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["train", "table"])
    parser.add_argument("--set", default="mnist", help="a name for the runs' folder")
    parser.add_argument("--array", help="an .npz file of images and labels instead of MNIST")
    parser.add_argument("--methods", default=",".join(["image", *CLASSIC]))
    parser.add_argument("--seeds", default="0,1,2")
    options = parser.parse_args()
    folder = RUNS / options.set
    if options.action == "table":
        table(folder)
        return
    data = [f"data.source={options.array}", "data.labels=auto"] if options.array else []
    seeds = [int(seed) for seed in options.seeds.split(",")]
    train(folder, data, options.methods.split(","), seeds)


if __name__ == "__main__":
    main()
