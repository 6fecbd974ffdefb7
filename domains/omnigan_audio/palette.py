"""Colours and letters of the audio pictures."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

__all__ = ["FRAME", "GRID", "PAPER", "TEXT", "WAVE", "coloured", "font"]

Colour = tuple[int, int, int]

PAPER: Colour = (255, 255, 255)
TEXT: Colour = (70, 74, 82)
FRAME: Colour = (140, 145, 155)
GRID: Colour = (226, 228, 233)
WAVE: Colour = (0, 114, 178)

# From dark to light through colours of steadily rising lightness, so that it also reads in grey.
_STEPS = np.array(
    [
        (8, 9, 26),
        (40, 22, 79),
        (92, 28, 112),
        (153, 40, 108),
        (209, 66, 84),
        (244, 117, 62),
        (252, 181, 84),
        (253, 243, 190),
    ],
    np.float64,
)


@cache
def font(size: int) -> Any:  # Pillow gives another class where FreeType is missing
    """Return Pillow's own font."""
    return ImageFont.load_default(size)


def coloured(shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return pixels ``[H, W, 3]`` of an array ``[H, W]`` from 0 (dark) to 1 (light)."""
    places = np.linspace(0, 1, len(_STEPS))
    channels = [np.interp(shares, places, _STEPS[:, channel]) for channel in range(3)]
    return np.stack(channels, -1).round().astype(np.uint8)
