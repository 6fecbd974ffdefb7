"""What synthetic images are worth: a classifier trained on real ones, on synthetic ones, on both.

    python benchmarks/augmentation_value.py runs/image-001 --per-class 400

Prints accuracy on held-out real images, the mean and range over three seeds of the classifier. The
classifier sees as many updates in each case.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

import torch
from classify import classifier, labelled_images
from torch import Tensor

import omnigan


def accuracy(
    x: Tensor, y: Tensor, held_out: tuple[Tensor, Tensor], classes: int, seed: int
) -> float:
    """Train a classifier and return its share of right answers on held-out images."""
    said = classifier(x, y, classes, seed)(held_out[0]).argmax(1)
    return float((said == held_out[1]).float().mean())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--per-class", type=int, default=400)
    options = parser.parse_args()
    torch.set_num_threads(1)
    trained = omnigan.load(options.run)
    labels = list(trained.domain.labels())
    made = trained.generate(
        options.per_class * len(labels),
        0,
        [label for label in labels for _ in range(options.per_class)],
    )
    real, held_out = (
        labelled_images(trained.domain, "train"),
        labelled_images(trained.domain, "valid"),
    )
    synthetic = (made.x, made.cond["label"])
    both = tuple(torch.cat(pair) for pair in zip(real, synthetic, strict=True))
    print(f"{len(real[0])} real, {len(made.x)} synthetic, {len(held_out[0])} held-out images\n")
    print("| trained on | accuracy on held-out real images |")
    print("|---|---|")
    for name, (x, y) in {"real": real, "synthetic": synthetic, "both": both}.items():
        values = [accuracy(x, y, held_out, len(labels), seed) for seed in range(3)]
        print(
            f"| {name} | {statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f}) |"
        )


if __name__ == "__main__":
    main()
