"""Levels of sounds, and what brings them to the loudness that a recipe asks for."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from omnigan_audio.data_config import Loudness

__all__ = ["PEAK", "RMS", "decibels", "gains", "level"]

PEAK = 0.9
"""Highest sample of sounds of loudness ``peak``."""
RMS = 0.1
"""Root of the mean power, -20 dBFS, of sounds of loudness ``rms``."""


def level(decibel: float) -> float:
    """Return a level in dB of full scale as a share of full scale."""
    return float(10 ** (decibel / 20))


def decibels(share: float) -> str:
    """Return a share of full scale in words, such as "-12.3 dB"."""
    return f"{20 * math.log10(share):.1f} dB" if share > 0 else "nothing at all"


def gains(
    peak: NDArray[np.float64], rms: NDArray[np.float64], loudness: Loudness
) -> NDArray[np.float64]:
    """Return what each sound ``[N]`` is multiplied with, from its peak and its mean power."""
    if loudness == "none":
        return np.ones_like(peak)
    most = 1 / np.maximum(peak, 1e-9)
    if loudness == "peak":
        return PEAK * most
    return np.minimum(RMS / np.maximum(rms, 1e-9), most)
