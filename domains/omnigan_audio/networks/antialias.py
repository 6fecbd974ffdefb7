"""Activations without aliasing (Karras et al. 2021, Lee et al. 2023)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, conv_transpose1d, pad

__all__ = ["AntiAliased", "half_band"]

TAPS = 12
BETA = 4.66
"""Shape of the Kaiser window: about 50 dB between what passes and what does not."""


def half_band() -> Tensor:
    """Return the low-pass filter ``[12]`` that keeps the lower half of the frequencies."""
    times = torch.arange(TAPS, dtype=torch.float64) - (TAPS - 1) / 2
    taps = (times / 2).sinc() * torch.kaiser_window(
        TAPS, periodic=False, beta=BETA, dtype=torch.float64
    )
    return (taps / taps.sum()).float()


class AntiAliased(nn.Module):
    """An activation at twice the rate, with a low-pass filter before and behind it.

    An activation makes frequencies that the frame rate cannot hold, and which would be heard as
    others. Between the two filters there is room for them.

    Args:
        activation: Works on ``[B, C, T]``.
    """

    filter: Tensor

    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        self.activation = activation
        self.register_buffer("filter", half_band()[None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        taps = self.filter.to(x.dtype)
        rows = x.flatten(0, 1).unsqueeze(1)  # each channel by itself
        inner = pad(rows, (3, 3), mode="replicate")
        finer = 2 * conv_transpose1d(inner, taps, stride=2)[..., 11:-11]
        finer = self.activation(finer.view(*x.shape[:2], -1))
        outer = pad(finer.flatten(0, 1).unsqueeze(1), (5, 5), mode="replicate")
        return conv1d(outer, taps, stride=2).view_as(x)
