"""Samples as they lie in the cache: 16 bits, with a scale for each sound."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["FULL", "Places", "Samples", "stored"]

Samples = NDArray[np.int16]
Places = NDArray[np.int64]

FULL = 32768
"""The number that would stand for the scale of a sound; the largest stored is one less."""


@torch.no_grad()
def stored(x: Tensor, scale: float) -> Samples:
    """Return what is stored of a waveform ``[T]``; what exceeds the scale is clipped."""
    numbers = (x * (FULL / scale)).round_().clamp_(-FULL + 1, FULL - 1)
    values: Samples = numbers.to(torch.int16).numpy()
    return values
