"""Stacked digits: three random digits as the colours of an image, so 1,000 modes.

    python benchmarks/stacked_digits.py train --cpu-seconds 300
    python benchmarks/stacked_digits.py table

Compares the recipe ``image`` with the non-saturating loss without a penalty, the networks and all
else alike. ``table`` prints modes found and the KL divergence of their frequencies from uniform, of
as many samples as are usual (Metz et al. 2017), over the CPU-seconds of the run.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import torch
from budget import cpu_seconds, timings, train_within
from classify import classifier, labelled_images
from torch import Tensor, nn

import omnigan
from omnigan.engine.checkpoint import find
from omnigan.plugins import load_domain

RUNS = Path("runs/benchmark-stacked")
IMAGES, SAMPLES, MODES = 25_600, 26_000, 1000
POINTS = 5
GAMES = {
    "default": [],
    "non-saturating": ["train.loss=non-saturating", "train.penalties={}"],
}


def digits() -> tuple[Tensor, Tensor]:
    """Return the training digits ``[N, 1, 32, 32]`` and their labels."""
    domain_class = load_domain("image")
    config = domain_class.Config.model_validate({"data": {"source": "mnist", "labels": "auto"}})
    return labelled_images(domain_class(config).resolve(), "train")


def write_images(path: Path, x: Tensor) -> None:
    """Write random triples of digits as an .npz file."""
    chosen = torch.randint(len(x), (IMAGES, 3), generator=torch.Generator().manual_seed(0))
    pixels = ((x[:, 0] + 1) * 127.5).round().to(torch.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, images=pixels[chosen].permute(0, 2, 3, 1).numpy())


def train(budget: float, x: Tensor) -> None:
    """Train each game for the budget."""
    data = RUNS / "stacked.npz"
    if not data.exists():
        write_images(data, x)
    for name, game in GAMES.items():
        source = [f"data.source={data}", "data.labels=none", "log.keep=100", "log.samples=64"]
        out = RUNS / f"{name}-0"
        if not out.exists():
            train_within(budget, out, "image", [*source, *game], 0)


def score(x: Tensor, network: nn.Module) -> tuple[int, float]:
    """Return the number of modes of images and their KL divergence from uniform, in nats."""
    planes = [network(part.reshape(-1, 1, *part.shape[2:])).argmax(1) for part in x.split(500)]
    triples = torch.cat(planes).view(-1, 3)
    counts = torch.bincount(triples @ torch.tensor([100, 10, 1]), minlength=MODES).double()
    shares = counts[counts > 0] / counts.sum()
    return int((counts > 0).sum()), float((shares * (shares * MODES).log()).sum())


def table(x: Tensor, y: Tensor) -> None:
    """Print the curve of each game."""
    network = classifier(x, y, 10, 0)
    print(f"{SAMPLES} samples of the moving average, seed 0, one thread\n")
    print("| game | CPU-seconds | step | modes | KL |")
    print("|---|---|---|---|---|")
    for name in GAMES:
        run = RUNS / f"{name}-0"
        spent = {line["step"]: cpu_seconds(line) for line in timings(run)}
        kept = [choice for choice in reversed(find(run / "checkpoints")) if choice.step]
        for choice in kept[:: -math.ceil(len(kept) / POINTS)][::-1]:
            modes, divergence = score(omnigan.load(choice.folder).generate(SAMPLES, 1).x, network)
            seconds = spent[min(spent, key=lambda step: abs(step - choice.step))]
            print(f"| {name} | {seconds:.0f} | {choice.step} | {modes} | {divergence:.3f} |")
    with np.load(RUNS / "stacked.npz") as data:
        real = torch.from_numpy(data["images"]).permute(0, 3, 1, 2) / 127.5 - 1
    modes, divergence = score(real, network)
    print(f"| {len(real)} real ones | | | {modes} | {divergence:.3f} |")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["train", "table"])
    parser.add_argument("--cpu-seconds", type=float, default=300)
    options = parser.parse_args()
    torch.set_num_threads(1)
    x, y = digits()
    if options.action == "train":
        train(options.cpu_seconds, x)
    else:
        table(x, y)


if __name__ == "__main__":
    main()
