"""Sounds as WAV files, without any library for sound."""

from __future__ import annotations

import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["write"]


def write(x: np.ndarray, show: Mapping[str, Any], stem: Path) -> Path:
    """Write a sound [1, T] in [-1, 1] as WAV, 16 bits, and return the file.

    An offset is taken out, and a sound that then leaves [-1, 1] is scaled down.
    """
    sound = x[0] - x[0].mean()
    sound /= max(1.0, np.abs(sound).max())
    samples = np.rint(sound * 32768).clip(-32768, 32767).astype("<i2")
    path = stem.with_suffix(".wav")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, show["rate"], len(samples), "NONE", "not compressed"))
        file.writeframes(samples.tobytes())
    return path
