"""The network that learns to tell classes of sounds, whose features evaluations use."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnigan_audio.embedding import FLOOR, mel_levels
from omnigan_audio.spectra import sizes_for

__all__ = ["Recogniser"]

_BANDS = 64
_CHANNELS = (16, 32, 64)
_FEATURES = 64


class Recogniser(nn.Module):
    """Waveforms ``[B, 1, T]`` to features ``[B, 64]``.

    Small two-dimensional convolutions over levels in mel bands. Of what they find the mean and the
    largest value over time are kept, and the beginning, since the attack tells most of a note; but
    all frequencies, since they are timbre and pitch. Nothing normalises over a batch, so that
    features of a sound are its own. A dozen of classes is learned in ten seconds on a CPU.

    Args:
        rate: Sample rate in Hz.
    """

    def __init__(self, rate: int) -> None:
        super().__init__()
        self.rate = rate
        self.bands = min(_BANDS, sizes_for(rate)[0] // 4)  # no more than a window tells apart
        layers: list[nn.Module] = []
        channels, bands = 1, self.bands
        for width in _CHANNELS:
            layers += [nn.Conv2d(channels, width, 3, 2, 1), nn.LeakyReLU(0.2)]
            channels, bands = width, (bands + 1) // 2
        self.body = nn.Sequential(*layers)
        self.out = nn.Sequential(nn.Linear(3 * channels * bands, _FEATURES), nn.LeakyReLU(0.2))

    def forward(self, x: Tensor) -> Tensor:
        levels = 1 - 2 * mel_levels(x, self.rate, self.bands) / FLOOR  # in [-1, 1]
        found = self.body(levels[:, None])
        pooled = torch.cat([found.mean(3), found.amax(3), found[..., 0]], 1)
        features: Tensor = self.out(pooled.flatten(1))
        return features
