"""A small classifier of images, for the other benchmarks."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from omnigan.domain import Domain, Split

__all__ = ["classifier", "labelled_images"]

STEPS, BATCH, RATE = 600, 64, 1e-3


def labelled_images(domain: Domain, split: Split) -> tuple[Tensor, Tensor]:
    """Return all images ``[N, C, H, W]`` of a split and their labels ``[N]``."""
    source, rng = domain.source(split), torch.Generator().manual_seed(0)
    read = [source.read(place, rng) for place in range(len(source))]
    return torch.stack([one.x for one in read]), torch.stack([one.cond["label"] for one in read])


def classifier(x: Tensor, y: Tensor, classes: int, seed: int) -> nn.Module:
    """Train a small convolutional network, the same number of updates whatever the data."""
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
    return network.eval().requires_grad_(False)
