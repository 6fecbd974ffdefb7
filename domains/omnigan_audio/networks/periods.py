"""Critics of periods: every n-th sample, n times (Kong et al. 2020)."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import pad

from omnigan_audio.networks.conditions import Given
from omnigan_audio.networks.critic import Critic, keep_scale

__all__ = ["PeriodCritic"]

SHARES = (1, 4, 16, 32, 32)
"""Channels of each layer by the first; at a width of 32 they are those of HiFi-GAN."""


class PeriodCritic(Critic):
    """Waveforms ``[B, 1, L]`` to logits ``[B, n]``, each of which sees samples of one phase only.

    Args:
        period: Samples from one that a column sees to the next.
        width: Channels of the first layer.
        given: What it is told besides.
    """

    def __init__(self, period: int, width: int, given: Given) -> None:
        channels = [1, *(width * share for share in SHARES)]
        layers = [
            nn.Sequential(
                nn.Conv2d(a, b, (5, 1), (3 if place < len(SHARES) else 1, 1), (2, 0)),
                nn.LeakyReLU(0.1),
            )
            for place, (a, b) in enumerate(pairwise(channels), 1)
        ]
        logit = nn.Conv2d(channels[-1], 1, (3, 1), padding=(1, 0))
        super().__init__(layers, logit, channels[-1], given)
        self.period = period
        keep_scale(self)

    def look(self, x: Tensor, pitch: Tensor | None = None) -> Tensor:
        """Return the samples as rows of one period, ``[B, 1, rows, period]``."""
        x = pad(x, (0, -x.shape[2] % self.period), mode="reflect")
        return x.view(len(x), 1, -1, self.period)
