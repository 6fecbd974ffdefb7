"""How a sound begins and ends."""

from __future__ import annotations

import torch
from torch import Tensor

from omnigan_audio.metrics.level import is_silent

__all__ = ["attack_time", "decay_time"]

_START, _TOP = 0.1, 0.9
_END = 0.01  # -40 dB


def _magnitude(x: Tensor) -> Tensor:
    """Return the magnitude ``[B, T]`` of waveforms as a share of their peak."""
    magnitude = x.abs().squeeze(1)
    return magnitude / magnitude.amax(1, keepdim=True)


def _seconds(samples: Tensor, x: Tensor, rate: int) -> Tensor:
    return (samples.double() / rate).masked_fill(is_silent(x), torch.nan)


def attack_time(x: Tensor, rate: int) -> Tensor:
    """Return the seconds ``[B]`` from the first sample at 10 % of the peak to the first at 90 %.

    NaN where a sound is silent.

    Args:
        x: Waveforms ``[B, 1, T]``.
        rate: Sample rate in Hz.
    """
    magnitude = _magnitude(x)
    start, top = ((magnitude >= share).int().argmax(1) for share in (_START, _TOP))
    return _seconds(top - start, x, rate)


def decay_time(x: Tensor, rate: int) -> Tensor:
    """Return the seconds ``[B]`` from the peak to the last sample that is not 40 dB below it.

    NaN where a sound is silent.

    Args:
        x: Waveforms ``[B, 1, T]``.
        rate: Sample rate in Hz.
    """
    magnitude = _magnitude(x)
    last = magnitude.shape[1] - 1 - (magnitude >= _END).flip(1).int().argmax(1)
    return _seconds(last - magnitude.argmax(1), x, rate)
