"""The network that features come from where a domain has none of its own."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from omnigan.domain import Domain, Space

__all__ = ["SEED", "Classifier", "FeatureNetwork", "SmallNetwork", "feature_network"]

SEED = 0
"""Of weights and of whatever is drawn to learn features: not of a run, so that runs share them."""

_FEATURES = 64

_FIRST, _WIDTH = 32, 64  # channels of the first and of all other layers
_SMALL = 8  # an axis this short is short enough


class SmallNetwork(nn.Module):
    """Examples ``[B, *shape]`` to features ``[B, 64]``, for any shape.

    The last two axes are convolved, one if there are but two, and those before are channels; a
    plain vector goes through a perceptron. Strides make every axis shorter than 8. Nothing
    normalises over a batch, so that features of an example are its own.
    """

    def __init__(self, space: Space) -> None:
        super().__init__()
        self.low, self.high = space.low, space.high
        sizes = list(space.shape[-2:] if len(space.shape) > 2 else space.shape[1:])
        self.split = len(space.shape) - len(sizes)  # axes that are channels
        channels = math.prod(space.shape[: self.split])
        layers: list[nn.Module] = []
        while sizes and (not layers or max(sizes) >= _SMALL):
            layer, sizes = _layer(channels, _WIDTH if layers else _FIRST, sizes)
            channels = layer.out_channels
            layers += [layer, nn.LeakyReLU(0.2)]
        width = channels * math.prod(sizes)
        if not layers:
            layers, width = [nn.Linear(width, 2 * _WIDTH), nn.LeakyReLU(0.2)], 2 * _WIDTH
        self.body = nn.Sequential(*layers)
        self.out = nn.Sequential(nn.Linear(width, _FEATURES), nn.LeakyReLU(0.2))

    def forward(self, x: Tensor) -> Tensor:
        x = (x - self.low) * (2 / (self.high - self.low)) - 1
        features: Tensor = self.out(self.body(x.flatten(1, self.split)).flatten(1))
        return features


def _layer(channels: int, width: int, sizes: list[int]) -> tuple[nn.Conv1d | nn.Conv2d, list[int]]:
    """Return a convolution that makes long axes shorter, and their lengths after it."""
    strides = [4 if size >= 256 else 2 if size >= _SMALL else 1 for size in sizes]
    kernels = [2 * stride if stride > 1 else 3 for stride in strides]
    padding = [(kernel - stride + 1) // 2 for kernel, stride in zip(kernels, strides, strict=True)]
    kind: Any = nn.Conv1d if len(sizes) == 1 else nn.Conv2d
    layer = kind(channels, width, tuple(kernels), tuple(strides), tuple(padding))
    return layer, [size // stride for size, stride in zip(sizes, strides, strict=True)]


class FeatureNetwork(nn.Module):
    """A network with features ``[B, F]`` that may be shifted and scaled one by one.

    Args:
        body: Called as ``net(x)``.
        width: F.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, body: nn.Module, width: int) -> None:
        super().__init__()
        self.body = body
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = (self.body(x) - self.mean) * self.scale
        return features

    @torch.no_grad()
    def standardise(self, features: Tensor) -> None:
        """Make features that look like these ``[N, F]`` have mean 0 and variance 1."""
        deviation = features.std(0)
        self.mean.copy_(features.mean(0))
        self.scale.copy_(torch.where(deviation > 0, 1 / deviation, 0))


class Classifier(nn.Module):
    """Logits ``[B, classes]`` from features and a linear layer behind them.

    Args:
        features: Called as ``net(x)``.
        classes: How many.
    """

    def __init__(self, features: FeatureNetwork, classes: int) -> None:
        super().__init__()
        self.features = features
        self.head = nn.Linear(len(features.mean), classes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(x))
        return logits

    @torch.no_grad()
    def standardise(self, features: Tensor) -> None:
        """Standardise the features as :class:`FeatureNetwork` does, and keep the logits.

        A feature that is the same in all examples is 0 from then on, and its share of the logits
        goes into their bias.

        Args:
            features: ``[N, F]``, of a network that was not standardised before.
        """
        self.features.standardise(features)
        weight, scale = self.head.weight, self.features.scale
        self.head.bias.add_(weight @ self.features.mean)
        weight.copy_(torch.where(scale > 0, weight / scale, 0))


def feature_network(domain: Domain) -> FeatureNetwork:
    """Return the domain's feature network, else ours; the weights are the same each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        own = domain.feature_network()
        body = SmallNetwork(domain.space) if own is None else own
    with torch.no_grad():
        made = body.eval()(torch.full((1, *domain.space.shape), domain.space.low))
    return FeatureNetwork(body, made.shape[1])
