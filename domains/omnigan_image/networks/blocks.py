"""Pieces that several image networks use."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from omnigan_image.networks.sizes import Size

__all__ = ["ConditionalNorm", "FromLatent", "Output", "doubling", "lrelu"]

MOST_DOUBLED = 8
CLOSEST = 0.98
"""A tanh starts no nearer to its ends than this, where its slope would vanish."""


def lrelu(x: Tensor) -> Tensor:
    """Leaky ReLU with slope 0.2."""
    return functional.leaky_relu(x, 0.2)


def doubling(width: int, stages: int) -> list[int]:
    """Return channels of each stage, coarsest first: the finest has ``width``, then 2, 4, 8, 8."""
    return [width * min(2**stage, MOST_DOUBLED) for stage in reversed(range(stages))]


class FromLatent(nn.Module):
    """A generator whose coarsest maps are a linear layer of the latent vector.

    Args:
        z: Size of the latent vector.
        channels: Channels of the coarsest maps.
        size: Their height and width.
        labels: Number of labels; with any, their embeddings move the latent vector.
        bias: Whether the linear layer has one.
    """

    def __init__(self, z: int, channels: int, size: Size, labels: int, bias: bool) -> None:
        super().__init__()
        self.coarsest = (channels, *size)
        self.label = nn.Embedding(labels, z) if labels else None
        self.base = nn.Linear(z, channels * size[0] * size[1], bias=bias)

    def coarsest_maps(self, z: Tensor, label: Tensor | None) -> Tensor:
        """Return maps ``[B, C, h, w]`` of latent vectors ``[B, Z]``."""
        if self.label is not None and label is not None:
            z = z + self.label(label)
        maps: Tensor = self.base(z)
        return maps.view(z.shape[0], *self.coarsest)


class ConditionalNorm(nn.Module):
    """Batch normalisation with a gain and a shift for each label (Dumoulin et al. 2017).

    Args:
        channels: Channels of the maps ``[B, C, H, W]``.
        labels: Number of labels; with 0 there is one gain and one shift.
    """

    def __init__(self, channels: int, labels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=not labels)
        self.label = nn.Embedding(labels, 2 * channels) if labels else None
        if self.label is not None:
            nn.init.zeros_(self.label.weight)

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:
        y: Tensor = self.norm(x)
        if self.label is None or label is None:
            return y
        gain, shift = self.label(label).unsqueeze(-1).unsqueeze(-1).chunk(2, 1)
        moved: Tensor = y * (1 + gain) + shift
        return moved


class Output(nn.Module):
    """The last step of a generator: a bias, and values that are pixels.

    Args:
        channels: Channels of the image.
        squash: Whether values go through a tanh. Without, they may leave [-1, 1] in training, where
            cutting them off would stop the gradient; in evaluation mode they are cut off.
    """

    def __init__(self, channels: int, squash: bool = True) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))
        self.squash = squash

    def forward(self, x: Tensor) -> Tensor:
        y = x.float() + self.bias
        if self.squash:
            return y.tanh()
        return y if self.training else y.clamp(-1, 1)

    @torch.no_grad()
    def start_from(self, images: Tensor) -> None:
        """Let a fresh network's images have the mean of real ones ``[N, C, H, W]``."""
        mean = images.mean((0, 2, 3)).view_as(self.bias)
        self.bias.copy_(mean.clamp(-CLOSEST, CLOSEST).atanh() if self.squash else mean)
