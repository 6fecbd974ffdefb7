"""What a spectrum looks like: centroid, rolloff and flatness of a sound's mean power spectrum."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from omnigan_audio.metrics.level import is_silent
from omnigan_audio.spectra import sizes_for, stft

__all__ = ["centroid", "flatness", "mean_power", "rolloff"]

ROLLOFF = 0.85
_LEAST_SHARE = 1e-10  # of the mean power that a bin has at least, for the logarithm
_BLOCK = 256


def mean_power(x: Tensor, rate: int) -> Tensor:
    """Return the power spectrum ``[B, bins]``, float64, averaged over time (Welch 1967).

    Bins reach from 0 to half the rate. Rows of silent sounds are NaN.

    Args:
        x: Waveforms ``[B, 1, T]``.
        rate: Sample rate in Hz.
    """
    window, hop = sizes_for(rate)
    x = pad(x, (0, max(0, window - x.shape[-1])))
    blocks = [stft(block, window, hop).abs().double() for block in torch.split(x, _BLOCK)]
    power = torch.cat([block.square().mean(2) for block in blocks])
    return power.masked_fill(is_silent(x)[:, None], torch.nan)


def _frequencies(power: Tensor, rate: int) -> Tensor:
    return torch.linspace(0, rate / 2, power.shape[1], dtype=power.dtype)


def centroid(power: Tensor, rate: int) -> Tensor:
    """Return the mean frequency ``[B]`` in Hz of spectra ``[B, bins]``, weighted by power."""
    return power @ _frequencies(power, rate) / power.sum(1)


def rolloff(power: Tensor, rate: int) -> Tensor:
    """Return the frequency ``[B]`` in Hz below which 85 % of the power of spectra lies."""
    below = power.cumsum(1) / power.sum(1, keepdim=True)
    place = (below < ROLLOFF).sum(1).clamp(max=power.shape[1] - 1)
    return _frequencies(power, rate)[place].masked_fill(power.isnan().any(1), torch.nan)


def flatness(power: Tensor) -> Tensor:
    """Return geometric over arithmetic mean ``[B]`` of spectra: 1 of white noise, 0 of a tone."""
    share = power / power.mean(1, keepdim=True)
    return share.clamp(min=_LEAST_SHARE).log().mean(1).exp()
