"""R3GAN (Huang et al. 2024): residual blocks of grouped convolutions, and no norm anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from omnigan.errors import UserError
from omnigan_image.networks.blocks import Output, lrelu
from omnigan_image.networks.resample import Resample
from omnigan_image.networks.sizes import Step, stage_sizes

__all__ = ["R3ganDiscriminator", "R3ganGenerator", "stage_channels"]

BLOCKS = 2
"""Residual blocks in a stage."""
ALIKE = 4
"""So many of the coarsest stages have the full width where the recipe leaves it open."""


def stage_channels(
    shape: tuple[int, ...], width: int, multipliers: Sequence[float] | None, group_size: int
) -> list[int]:
    """Return the channels of each stage, coarsest first, so that groups come out even.

    Args:
        shape: ``(C, H, W)`` of the images.
        width: Channels at a multiplier of 1.
        multipliers: One for each stage; None takes 1 for the first four, then half of the last.
        group_size: Channels in a group of a block's hidden layer, which is twice as wide.

    Raises:
        UserError: There are more or fewer multipliers than stages.
    """
    sizes = stage_sizes(*shape[1:])
    if multipliers is None:
        multipliers = [0.5 ** max(stage - ALIKE + 1, 0) for stage in range(len(sizes))]
    if len(multipliers) != len(sizes):
        stages = ", ".join(f"{height} x {wide}" for height, wide in sizes)
        raise UserError(
            f"multipliers: there are {len(multipliers)}, but images of this size have "
            f"{len(sizes)} stages ({stages}). Write one for each."
        )
    unit = group_size // 2
    return [max(round(width * share / unit), 1) * unit for share in multipliers]


def _scaled(layer: nn.Conv2d | nn.Linear, gain: float = 1.0) -> nn.Module:
    """Give a layer weights from N(0, gain^2 / fan-in), and zero biases."""
    fan_in = layer.weight[0].numel()
    nn.init.normal_(layer.weight, std=gain * fan_in**-0.5)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _embedding(labels: int, size: int, gain: float = 1.0) -> nn.Embedding:
    """Return a linear layer on one-hot labels, whose fan-in is their number."""
    layer = nn.Embedding(labels, size)
    nn.init.normal_(layer.weight, std=gain * labels**-0.5)
    return layer


class _Block(nn.Module):
    """An inverted bottleneck: 1x1 to twice the channels, grouped 3x3, 1x1 back, plus the input.

    Initial weights are those of Fixup (Zhang et al. 2019): the last layer is zero, so the block
    starts as the identity; the others are small enough that a step of training changes the output
    of the whole network equally, however many blocks it has.

    Args:
        channels: Channels in and out.
        group_size: Channels in a group of the 3x3 convolution.
        blocks: Number of blocks in the network.
    """

    def __init__(self, channels: int, group_size: int, blocks: int) -> None:
        super().__init__()
        hidden = 2 * channels
        gain = (2 / (1 + 0.2**2)) ** 0.5 * blocks**-0.25  # three layers: L^(-1 / (2 * 3 - 2))
        self.widen = _scaled(nn.Conv2d(channels, hidden, 1), gain)
        grouped = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden // group_size)
        self.mix = _scaled(grouped, gain)
        self.narrow = _scaled(nn.Conv2d(hidden, channels, 1, bias=False), 0.0)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.narrow(lrelu(self.mix(lrelu(self.widen(x)))))
        return x + y


def _blocks(channels: int, group_size: int, stages: int) -> list[nn.Module]:
    return [_Block(channels, group_size, BLOCKS * stages) for _ in range(BLOCKS)]


def _change(channels: int, out: int) -> list[nn.Module]:
    """Return a 1x1 convolution where the width changes."""
    return [] if channels == out else [_scaled(nn.Conv2d(channels, out, 1, bias=False))]


class R3ganGenerator(nn.Module):
    """Latent vectors to images ``[B, C, H, W]``, in training not confined to [-1, 1].

    Args:
        shape: ``(C, H, W)``.
        channels: Channels of each stage, coarsest first; see :func:`stage_channels`.
        group_size: Channels in a group.
        z: Size of the latent vector; a label's embedding, as large, is appended to it.
        labels: Number of labels; 0 builds an unconditional network.
    """

    def __init__(
        self, shape: tuple[int, ...], channels: list[int], group_size: int, z: int, labels: int
    ) -> None:
        super().__init__()
        sizes = stage_sizes(*shape[1:])
        self.label = _embedding(labels, z) if labels else None
        self.basis = nn.Parameter(torch.randn(channels[0], *sizes[0]))
        self.scale = _scaled(nn.Linear(2 * z if labels else z, channels[0], bias=False))
        layers = _blocks(channels[0], group_size, len(sizes))
        for (coarse, fine), (size, finer) in zip(pairwise(channels), pairwise(sizes), strict=True):
            layers += [*_change(coarse, fine), Resample(Step(size, finer), up=True)]
            layers += _blocks(fine, group_size, len(sizes))
        self.stages = nn.Sequential(*layers)
        self.colours = _scaled(nn.Conv2d(channels[-1], shape[0], 1, bias=False))
        self.output = Output(shape[0], squash=False)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """Return images.

        Args:
            z: ``[B, z]``.
            label: ``[B]`` integers where the network is conditional.
        """
        if self.label is not None and label is not None:
            z = torch.cat([z, self.label(label)], 1)
        x = self.basis * self.scale(z).unsqueeze(-1).unsqueeze(-1)
        made: Tensor = self.output(self.colours(self.stages(x)))
        return made


class R3ganDiscriminator(nn.Module):
    """Images ``[B, C, H, W]`` to logits ``[B]``: the generator's stages in reverse.

    Args:
        shape: ``(C, H, W)``.
        channels: Channels of each stage, coarsest first; see :func:`stage_channels`.
        group_size: Channels in a group.
        labels: Number of labels; with any, the logit is the inner product of a label embedding with
            the last features.
    """

    def __init__(
        self, shape: tuple[int, ...], channels: list[int], group_size: int, labels: int
    ) -> None:
        super().__init__()
        sizes = stage_sizes(*shape[1:])
        last = channels[0]
        layers = [_scaled(nn.Conv2d(shape[0], channels[-1], 1, bias=False))]
        layers += _blocks(channels[-1], group_size, len(sizes))
        steps = zip(pairwise(channels[::-1]), pairwise(sizes[::-1]), strict=True)
        for (fine, coarse), (size, coarser) in steps:
            layers += [Resample(Step(coarser, size), up=False), *_change(fine, coarse)]
            layers += _blocks(coarse, group_size, len(sizes))
        self.stages = nn.Sequential(*layers)
        self.gather = _scaled(nn.Conv2d(last, last, sizes[0], groups=last, bias=False))
        self.logit = _scaled(nn.Linear(last, last if labels else 1, bias=False))
        self.label = _embedding(labels, last, last**-0.5) if labels else None

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """Return logits ``[B]`` for images and, where conditional, their labels ``[B]``."""
        h: Tensor = self.logit(self.gather(self.stages(x)).flatten(1))
        if self.label is None or label is None:
            return h.squeeze(1)
        logit: Tensor = (h * self.label(label)).sum(1)
        return logit
