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
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import omnigan
from omnigan.domain import Domain, Split

STEPS, BATCH, RATE = 600, 64, 1e-3


def examples(domain: Domain, split: Split) -> tuple[Tensor, Tensor]:
    """Return all images of a split and their labels."""
    source, rng = domain.source(split), torch.Generator().manual_seed(0)
    read = [source.read(place, rng) for place in range(len(source))]
    return torch.stack([one.x for one in read]), torch.stack([one.cond["label"] for one in read])


def accuracy(
    x: Tensor, y: Tensor, held_out: tuple[Tensor, Tensor], classes: int, seed: int
) -> float:
    """Train a small classifier and return its share of right answers on held-out images."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for a, b in ((x.shape[1], 32), (32, 64), (64, 64)):
        layers += [nn.Conv2d(a, b, 3, 2, 1), nn.BatchNorm2d(b), nn.ReLU()]
    network = nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(classes))
    network(x[:2])
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    for _ in range(STEPS):
        some = torch.randint(len(x), (BATCH,))
        optimizer.zero_grad()
        cross_entropy(network(x[some]), y[some]).backward()
        optimizer.step()
    with torch.no_grad():
        said = network.eval()(held_out[0]).argmax(1)
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
    real, held_out = examples(trained.domain, "train"), examples(trained.domain, "valid")
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
