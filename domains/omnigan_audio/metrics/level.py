"""How loud: level, silence, clipping and DC offset."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = [
    "CLIPPED",
    "SILENT",
    "clipped_share",
    "dc_offset",
    "decibels",
    "is_silent",
    "peak",
    "rms",
]

SILENT = -60.0
"""RMS level in dB of full scale below which a sound counts as silent."""
CLIPPED = 0.99
"""Magnitude from which a sample counts as clipped."""
_QUIETEST = 1e-6


def decibels(amplitude: Tensor) -> Tensor:
    """Return amplitudes in dB of full scale, at least -120."""
    return 20 * amplitude.clamp(min=_QUIETEST).log10()


def rms(x: Tensor) -> Tensor:
    """Return the root mean square ``[B]`` of waveforms ``[B, 1, T]``, in dB of full scale.

    A full-scale sine has -3.01 dB, a full-scale square wave 0. A DC offset, which nobody hears,
    does not count.
    """
    return decibels(x.double().std((1, 2), correction=0))


def peak(x: Tensor) -> Tensor:
    """Return the largest magnitude ``[B]`` of waveforms ``[B, 1, T]``, in dB of full scale."""
    return decibels(x.double().abs().amax((1, 2)))


def is_silent(x: Tensor) -> Tensor:
    """Tell which waveforms ``[B, 1, T]`` are quieter than :data:`SILENT`, ``[B]``."""
    return rms(x) < SILENT


def clipped_share(x: Tensor) -> Tensor:
    """Return the share ``[B]`` of samples of waveforms ``[B, 1, T]`` at :data:`CLIPPED` or more."""
    return (x.abs() >= CLIPPED).double().mean((1, 2))


def dc_offset(x: Tensor) -> Tensor:
    """Return the magnitude ``[B]`` of the mean of waveforms ``[B, 1, T]``; 1 is full scale."""
    return torch.abs(x.double().mean((1, 2)))
