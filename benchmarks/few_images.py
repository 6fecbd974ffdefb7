"""What a tenth of the images costs, by augmentation and penalties, at equal CPU-seconds.

Run it alone on the machine, from the repository's root:

    python benchmarks/few_images.py train --seeds 0,1,2
    python benchmarks/few_images.py table

The recipe ``image`` is trained on its 4,000 digits and on 400 of them, also with augmentation and
with ten times its gradient penalties (``heavy``). Every run is scored against the same held-out
digits, which none of them has seen.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

import numpy as np
import torch
from budget import cpu_seconds, timings, train_within
from contest import spread, value

import omnigan
from omnigan.domain import Domain
from omnigan.evaluation.evaluate import Evaluator
from omnigan.recipe.load import load_recipe

RUNS = Path("runs/benchmark-few-images")
SHARE = 0.1
HELD_OUT = 0.2
"""Of the few; for the run's own scores."""

AUGMENTED = ["discriminator.augment.preset=symbols", "train.augment=0.3"]
HEAVY = ["train.penalties={r1: {weight: 10, interval: 4}, r2: {weight: 10, interval: 4}}"]
METHODS: dict[str, tuple[bool, list[str]]] = {
    "all": (False, []),
    "tenth": (True, []),
    "tenth-augmented": (True, AUGMENTED),
    "tenth-heavy": (True, HEAVY),
    "tenth-heavy-augmented": (True, [*HEAVY, *AUGMENTED]),
}
SHOWN = ("Frechet distance", "precision", "recall", "density", "coverage")
SAMPLES = 1000


def whole() -> Domain:
    """Return the domain with all digits."""
    loaded = load_recipe("image")
    return loaded.domain_class(loaded.domain_config).resolve(print)


def tenth(seed: int) -> Path:
    """Return a file with a tenth of the training digits, chosen by ``seed``, and their labels."""
    path = RUNS / f"digits-{seed}.npz"
    if not path.exists():
        domain = whole()
        source = domain.source("train")
        rng = torch.Generator().manual_seed(seed)
        count = round(SHARE * len(source) / (1 - HELD_OUT))
        places = torch.randperm(len(source), generator=rng)[:count].tolist()
        batches = [source.read(place, rng) for place in places]
        images = np.stack([(127.5 * (batch.x.numpy() + 1)).round() for batch in batches])
        labels = np.array([int(batch.cond["label"]) for batch in batches])
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, images=images[:, 0].astype(np.uint8), labels=labels)
    return path


def train(methods: list[str], seeds: list[int], budget: float) -> None:
    """Train what is missing."""
    for seed in seeds:
        for method in methods:
            out = RUNS / f"{method}-{seed}"
            few, overrides = METHODS[method]
            data = [f"data.source={tenth(seed)}", f"data.held_out={HELD_OUT}"] if few else []
            if not out.exists():
                train_within(budget, out, "image", [*data, *overrides], seed)


def table() -> None:
    """Print the mean and the range over seeds of each method's scores, as Markdown."""
    domain = whole()
    evaluator = Evaluator(domain, SAMPLES, 1, features="classifier")
    print("| | seeds | steps | CPU-seconds |", " | ".join(SHOWN), "|")
    print(f"|{'---|' * (4 + len(SHOWN))}")
    for method in METHODS:
        runs = sorted(RUNS.glob(f"{method}-[0-9]*"))
        if not runs:
            continue
        scores = [evaluator.score(omnigan.load(run), SAMPLES) for run in runs]
        ends = [timings(run)[-1] for run in runs]
        seconds = statistics.mean(cpu_seconds(end) for end in ends)
        cells = [spread([value(score, metric)[0] for score in scores]) for metric in SHOWN]
        facts = [method, str(len(runs)), str(ends[0]["step"]), f"{seconds:.0f}"]
        print(f"| {' | '.join([*facts, *cells])} |", flush=True)
    floors = [f"{value(scores[0], metric)[1]:.3g}" for metric in SHOWN]
    print(f"| real | | | | {' | '.join(floors)} |")


def main() -> None:
    """Train or print, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["train", "table"])
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--cpu-seconds", type=float, default=300.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.action == "table":
        table()
        return
    seeds = [int(seed) for seed in options.seeds.split(",")]
    train(options.methods.split(","), seeds, options.cpu_seconds)


if __name__ == "__main__":
    main()
