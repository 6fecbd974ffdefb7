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
from pathlib import Path

from contest import Contest

RUNS = Path("runs/benchmark-images")

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


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["train", "table"])
    parser.add_argument("--set", default="mnist", help="a name for the runs' folder")
    parser.add_argument("--array", help="an .npz file of images and labels instead of MNIST")
    parser.add_argument("--methods", default=",".join(["image", *CLASSIC]))
    parser.add_argument("--seeds", default="0,1,2")
    options = parser.parse_args()
    contest = Contest(
        folder=RUNS / options.set,
        recipe="image",
        classic=CLASSIC,
        rates=RATES,
        shown=SHOWN,
        budget=300.0,
        samples=1000,
        features="classifier",
    )
    if options.action == "table":
        contest.table()
        return
    data = [f"data.source={options.array}", "data.labels=auto"] if options.array else []
    seeds = [int(seed) for seed in options.seeds.split(",")]
    contest.train(options.methods.split(","), seeds, data)


if __name__ == "__main__":
    main()
