"""Buzz at the frequencies of a generator's strides.

Upsampling by strides makes every n-th sample come about in the same way, and what differs between
the n ways sounds at the multiples of rate / n: the checkerboard of images (Odena et al. 2016), and
what phase shuffle hides from a critic (Donahue et al. 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import mul

import torch
from torch import Tensor

from omnigan_audio.metrics.level import is_silent

__all__ = ["periods_of", "stride_artifacts"]

_LINE = 1  # bins on either side that belong to a line under a Hann window
_FREE = 3  # bins from a line to the nearest neighbours that it does not leak into
_FAR = 10  # bins to the furthest neighbours
_NOTHING = 1e-20  # of the power of a sound


def periods_of(strides: Sequence[int]) -> list[int]:
    """Return how many samples each stage makes at a time, the last stage first.

    Args:
        strides: Of the stages from the first to the last: (4, 8) has the periods 8 and 32.
    """
    return sorted({period for period in accumulate(reversed(strides), mul) if period > 1})


def stride_artifacts(x: Tensor, periods: Sequence[int]) -> dict[int, float]:
    """Return the power at multiples of rate / period over that beside them, in dB, by period.

    Each line is compared with its neighbours in each sound, in dB averaged over the sounds (a tone
    that happens to be there in a few of them counts little), and the mean ratio over the lines is
    taken. Noise has about -1 dB, since the logarithm of a few bins is below that of many.

    Args:
        x: Waveforms ``[B, 1, T]``; silent ones are left out.
        periods: In samples; those above ``T / 8`` are left out, since their lines are too close.
    """
    x = x[~is_silent(x)].squeeze(1).double()
    if not len(x):
        return {}
    return {period: _excess(x, period) for period in periods if 1 < period <= x.shape[1] // 8}


def _excess(x: Tensor, period: int) -> float:
    length = x.shape[1] // period * period  # so that lines are bins
    sounds = x[:, :length] - x[:, :length].mean(1, keepdim=True)
    hann = torch.hann_window(length, dtype=x.dtype)
    power = torch.fft.rfft(sounds * hann).abs().square()
    power = power / power.sum(1, keepdim=True).clamp(min=_NOTHING) + _NOTHING
    spacing = length // period
    lines = torch.arange(spacing, power.shape[1], spacing)
    offsets = torch.arange(_FREE, min(_FAR, spacing - _FREE) + 1)
    line = _around(power, lines, torch.arange(-_LINE, _LINE + 1))
    beside = _around(power, lines, torch.cat([-offsets, offsets]))
    ratios = 10 * (line / beside).log10().mean(0)  # dB, one for each line
    return float(10 * (10 ** (ratios / 10)).mean().log10())


def _around(power: Tensor, lines: Tensor, offsets: Tensor) -> Tensor:
    """Return the mean power ``[B, lines]`` at some distances; half the rate is a mirror."""
    last = power.shape[1] - 1
    places = lines[:, None] + offsets
    return power[:, last - (last - places).abs()].mean(2)
