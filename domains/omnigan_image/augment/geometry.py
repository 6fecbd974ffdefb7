"""Mirroring, turning, shifting, scaling and rotating, all of them as one resampling.

The sampler is written with ``gather`` and weights, because PyTorch's own has no second derivative,
which gradient penalties need. Here an image is a sum of weighted pixels: linear, hence fine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from omnigan_image.augment.chance import Change, among, chosen, normal, uniform
from omnigan_image.augment.config import Kind, Padding

__all__ = ["move", "resample"]

SHIFT = 1 / 8
"""Largest shift, as a share of a side."""
SCALE = 0.2
"""Standard deviation of the binary logarithm of the scale."""
QUARTERS = torch.tensor([[1, 0, 0, 1], [0, 1, -1, 0], [-1, 0, 0, -1], [0, -1, 1, 0]]).view(4, 2, 2)
"""Rotations by 0, 90, 180 and 270 degrees without rounding errors, ``[4, 2, 2]``."""


def move(
    x: Tensor, chances: Mapping[Kind, float], padding: Padding, rng: torch.Generator
) -> Tensor:
    """Return images that were moved, each in its own way.

    Mirroring and turning pick one of all possibilities, that of leaving the image as it is
    included: if all images were mirrored, mirrored ones would be what the generator learns.

    Args:
        x: ``[B, C, H, W]``.
        chances: Of each kind.
        padding: What comes in from outside.
        rng: The only source of chance.
    """
    n, sides = len(x), x.shape[2:]
    flip = torch.ones(n, 2)
    flip[:, 1] -= 2 * (chosen(n, chances["mirror"], rng) & chosen(n, 0.5, rng)).float()
    quarters = torch.randint(4, (n,), generator=rng) * chosen(n, chances["turn"], rng)
    if sides[0] != sides[1]:
        quarters = quarters // 2 * 2
    shift = _shift(n, sides, chances["translate"], rng)
    scale = torch.exp2(SCALE * normal(n, chances["scale"], rng))
    angle = math.pi * uniform(n, chances["rotate"], rng)

    whole = QUARTERS[quarters].float() * flip.unsqueeze(1)
    matrix = whole @ (_rotation(angle) / scale.view(-1, 1, 1))
    offset = (whole @ shift.unsqueeze(2)).squeeze(2)
    blurred = (scale != 1) | (angle != 0)
    stays = (matrix == torch.eye(2)).all(2).all(1) & (offset == 0).all(1)

    def resampled(exact: bool) -> Change:
        return lambda some, rows: resample(some, matrix[rows], offset[rows], padding, exact)

    x = among(x, ~stays & ~blurred, resampled(exact=True))
    return among(x, blurred, resampled(exact=False))


def _shift(n: int, sides: torch.Size, chance: float, rng: torch.Generator) -> Tensor:
    """Return a whole number of pixels for each image and axis, ``[n, 2]``."""
    most = torch.tensor([max(1, round(side * SHIFT)) for side in sides])
    drawn = torch.rand(n, 2, generator=rng) * (2 * most + 1)
    return (drawn.floor() - most) * chosen(n, chance, rng).unsqueeze(1)


def _rotation(angle: Tensor) -> Tensor:
    """Return matrices ``[n, 2, 2]`` for angles ``[n]`` in radians."""
    cosine, sine = angle.cos(), angle.sin()
    return torch.stack([cosine, -sine, sine, cosine], 1).view(-1, 2, 2)


def resample(
    x: Tensor, matrix: Tensor, offset: Tensor, padding: Padding, exact: bool = False
) -> Tensor:
    """Return images whose pixel at ``p`` is the input's at ``matrix p + offset``, bilinearly.

    Args:
        x: ``[n, C, H, W]``.
        matrix: ``[n, 2, 2]``, for (row, column) counted from the image's centre.
        offset: ``[n, 2]`` in pixels.
        padding: What lies outside: the image reflected at its border pixels again and again, or
            zero.
        exact: All places that are asked for are pixels, so that one of four weights is enough.
    """
    height, width = x.shape[2:]
    rows = torch.arange(height, device=x.device).unsqueeze(1) - (height - 1) / 2
    columns = torch.arange(width, device=x.device) - (width - 1) / 2
    matrix, offset = matrix.to(x.device), offset.to(x.device)
    axes = []
    for axis, side in enumerate((height, width)):
        a, b, c = (k.view(-1, 1, 1) for k in (*matrix[:, axis].T, offset[:, axis]))
        place = a * rows + b * columns + (c + (side - 1) / 2)
        axes.append(_neighbours(place, side, padding, exact))
    pixels = x.flatten(2)
    total = torch.zeros_like(pixels)
    for row, row_weight in axes[0]:
        for column, column_weight in axes[1]:
            index = (row * width + column).flatten(1).unsqueeze(1).expand_as(pixels)
            weight = (row_weight * column_weight).flatten(1).unsqueeze(1).to(x.dtype)
            total = total + weight * pixels.gather(2, index)
    return total.view_as(x)


def _neighbours(
    place: Tensor, side: int, padding: Padding, exact: bool
) -> list[tuple[Tensor, Tensor]]:
    """Return the indices and weights of the pixels around places along one axis."""
    below = place.round() if exact else place.floor()
    share = place - below
    both = [(below.long(), 1 - share), (below.long() + 1, share)]
    return [_inside(index, weight, side, padding) for index, weight in both[: 1 if exact else 2]]


def _inside(index: Tensor, weight: Tensor, side: int, padding: Padding) -> tuple[Tensor, Tensor]:
    """Return indices from 0 to ``side - 1`` that stand for any."""
    if padding == "zero":
        return index.clamp(0, side - 1), weight * ((index >= 0) & (index < side))
    period = 2 * (side - 1)
    index = index.remainder(period)
    return torch.minimum(index, period - index), weight
