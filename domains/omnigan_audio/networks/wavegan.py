"""WaveGAN (Donahue et al. 2019): DCGAN on raw samples, the reference of the field."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from omnigan_audio.networks.blocks import Code
from omnigan_audio.networks.conditions import Given
from omnigan_audio.networks.critic import Critic

__all__ = ["PhaseShuffle", "WaveganCritic", "WaveganGenerator"]

KERNEL, STRIDE = 25, 4
COARSEST = 16
"""Frames before the first convolution; the published networks have as many."""


def _stages(length: int) -> int:
    """Return how many steps of four lead from at least 16 frames to a waveform."""
    stages = 1
    while COARSEST * STRIDE ** (stages + 1) <= length:
        stages += 1
    return stages


def _as_published(*networks: nn.Module) -> None:
    """Initialise layers as TensorFlow does where nothing is said."""
    for network in networks:
        for layer in network.modules():
            if isinstance(layer, nn.Linear | nn.Conv1d | nn.ConvTranspose1d):
                nn.init.xavier_uniform_(layer.weight)
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)


class WaveganGenerator(nn.Module):
    """Latent vectors to waveforms ``[B, 1, L]`` in (-1, 1).

    With a width of 64, a latent vector of 100 numbers and 16,384 samples it is the published
    network. Other lengths are cut off at the end of the next longer whole number of frames.

    Args:
        length: Samples.
        width: Channels before the last convolution; each coarser stage has twice as many.
        z: Size of the latent vector.
        given: What it is told besides.
    """

    def __init__(self, length: int, width: int, z: int, given: Given) -> None:
        super().__init__()
        stages = _stages(length)
        channels = [*(width * 2**stage for stage in reversed(range(stages))), 1]
        self.length = length
        self.coarsest = (channels[0], -(-length // STRIDE**stages))
        self.code = Code(z, given)
        self.base = nn.Linear(z, self.coarsest[0] * self.coarsest[1])
        self.ups = nn.ModuleList(
            nn.ConvTranspose1d(a, b, KERNEL, STRIDE, padding=11, output_padding=1)
            for a, b in pairwise(channels)
        )
        _as_published(self.base, self.ups)

    def forward(
        self, z: Tensor, label: Tensor | None = None, pitch: Tensor | None = None
    ) -> Tensor:
        """Return waveforms.

        Args:
            z: ``[B, z]``.
            label: ``[B]`` integers where the network has labels.
            pitch: ``[B]`` MIDI note numbers where the network is pitched.
        """
        x = self.base(self.code(z, label, pitch)).view(z.shape[0], *self.coarsest)
        for up in self.ups:
            x = up(x.relu())
        made: Tensor = x[..., : self.length].float().tanh()
        return made


class PhaseShuffle(nn.Module):
    """Move activations ``[B, C, T]`` by a random number of places, the same for all.

    What moves in at one end is a reflection. The number comes from torch's global generator, and in
    evaluation mode nothing moves.

    Args:
        most: Largest number of places, in either direction.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.most == 0:
            return x
        shift = int(torch.randint(-self.most, self.most + 1, ()))
        length = x.shape[2]
        moved = pad(x, (max(shift, 0), max(-shift, 0)), mode="reflect")
        return moved[..., max(-shift, 0) :][..., :length]


class WaveganCritic(Critic):
    """Waveforms ``[B, 1, L]`` to logits ``[B]``.

    Args:
        length: Samples.
        width: Channels after the first convolution.
        shuffle: Largest shift of the phase shuffle after each convolution but the last.
        given: What it is told besides.
    """

    def __init__(self, length: int, width: int, shuffle: int, given: Given) -> None:
        stages = _stages(length)
        channels = [1, *(width * 2**stage for stage in range(stages))]
        layers: list[nn.Module] = []
        for place, (a, b) in enumerate(pairwise(channels), 1):
            conv = nn.Conv1d(a, b, KERNEL, STRIDE, padding=12)  # gives ceil(T / 4)
            moved = [PhaseShuffle(shuffle)] if place < stages else []
            layers.append(nn.Sequential(conv, nn.LeakyReLU(0.2), *moved))
        logit = nn.Sequential(
            nn.Flatten(), nn.Linear(channels[-1] * -(-length // STRIDE**stages), 1)
        )
        super().__init__(layers, logit, channels[-1], given)
        _as_published(self.layers, self.logit)
