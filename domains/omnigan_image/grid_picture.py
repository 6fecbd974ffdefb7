"""Many images as one picture."""

from __future__ import annotations

import math

import numpy as np
import torch
from PIL import Image
from torch import Tensor

__all__ = ["columns_for", "grid_picture", "to_picture", "to_uint8"]

GAP = 2
"""Pixels between neighbours."""
WIDE_GAP = 12
"""Pixels between neighbours that do not belong together, where others do."""
SMALLEST_SIDE = 64
"""Images with shorter sides are enlarged in grids, by a whole factor, so that they can be seen."""
SLIMMEST = 3
"""A grid for the sake of its labels has at most so many times as many rows as columns, or columns
as rows."""
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def to_uint8(x: Tensor) -> Tensor:
    """Return images ``[..., C, H, W]`` in [-1, 1] as integers from 0 to 255, rounded."""
    return ((x.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def to_picture(x: Tensor) -> Image.Image:
    """Return one image ``[C, H, W]`` in [-1, 1] as grey, grey with alpha, RGB or RGBA."""
    return _picture(to_uint8(x).movedim(0, -1).cpu().numpy())


def columns_for(count: int, labels: int) -> int:
    """Return how many columns a grid of ``count`` images has.

    A row per label where as many images are of each, else whole rows per label or whole labels in
    a row, whatever is nearest to a square; where all of these are far from it, labels do not count.
    """
    side = math.sqrt(count)
    each, rest = divmod(count, max(labels, 1))
    if labels > 1 and not rest:
        whole = (n for n in range(1, count + 1) if each % n == 0 or n % each == 0)
        nearest = min(whole, key=lambda n: max(n / side, side / n))
        for columns in (each, nearest):
            if 1 / SLIMMEST <= columns**2 / count <= SLIMMEST:
                return columns
    return math.ceil(side)


def grid_picture(x: Tensor, columns: int, together: int = 1) -> Image.Image:
    """Return images ``[B, C, H, W]`` in [-1, 1] in rows of so many, filled up with blanks.

    Args:
        x: Images.
        columns: Images in a row.
        together: So many neighbours in a row belong together, apart from the others; it divides
            the number of columns.
    """
    count, channels, height, width = x.shape
    scale = max(1, -(-SMALLEST_SIDE // min(height, width)) if min(height, width) < 33 else 1)
    between = WIDE_GAP if together > 1 else GAP
    tops = GAP + np.arange(-(-count // columns)) * (height * scale + between)
    place = np.arange(columns)
    lefts = GAP + place * (width * scale + GAP) + place // together * (between - GAP)
    size = (tops[-1] + height * scale + GAP, lefts[-1] + width * scale + GAP, channels)
    sheet = np.full(size, 255, np.uint8)
    pixels = to_uint8(x).movedim(1, -1).cpu().numpy().repeat(scale, 1).repeat(scale, 2)
    for number, image in enumerate(pixels):
        top, left = tops[number // columns], lefts[number % columns]
        sheet[top : top + image.shape[0], left : left + image.shape[1]] = image
    return _picture(sheet)


def _picture(pixels: np.ndarray) -> Image.Image:
    """Return ``[H, W, C]`` as a picture."""
    mode = MODES[pixels.shape[2]]
    return Image.fromarray(pixels.squeeze(2) if mode == "L" else pixels, mode)
