"""From a latent vector and noise to frames at a constant rate, as many as there is noise for."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Frames"]

DECAYS = 16
SLOWEST = 256.0
"""Frames in which the slowest of a fresh network's decays falls to 1/e."""


class Frames(nn.Module):
    """Noise ``[B, N, frames]`` and codes ``[B, Z]`` to frames ``[B, C, frames]``.

    A linear layer of the code would tie the network to one length. Here it gives the weights of
    decaying exponentials instead, whose rates are learned, and of a constant. The first frames are
    thus told from each other best: that is where a one-shot has its attack. Any number of frames
    can follow.

    Args:
        noise: Numbers of noise in a frame.
        z: Size of the code.
        channels: Channels of the frames.
    """

    def __init__(self, noise: int, z: int, channels: int) -> None:
        super().__init__()
        self.noise = nn.Conv1d(noise, channels, 3, padding=1)
        self.weights = nn.Linear(z, channels * (DECAYS + 1))
        slowness = torch.logspace(0, 1, DECAYS, base=SLOWEST)  # 1 to 256 frames
        self.log_rates = nn.Parameter(-slowness.log())
        nn.init.normal_(self.weights.weight, std=(z * (DECAYS + 1)) ** -0.5)

    def forward(self, noise: Tensor, code: Tensor) -> Tensor:
        weights = self.weights(code).unflatten(1, (-1, DECAYS + 1))
        made: Tensor = self.noise(noise) + weights @ self._decays(noise.shape[2]).to(weights.dtype)
        return made

    def _decays(self, frames: int) -> Tensor:
        """Return the curves ``[17, frames]``; the last one is constant."""
        rates = torch.cat([self.log_rates.float().exp(), self.log_rates.new_zeros(1)])
        times = torch.arange(frames, device=rates.device)
        return torch.exp(-rates[:, None] * times)
