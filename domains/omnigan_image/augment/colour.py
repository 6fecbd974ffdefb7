"""Brightness, contrast, saturation and hue, all of them as one linear map of a pixel's colours."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from omnigan_image.augment.chance import among, normal, uniform
from omnigan_image.augment.config import Kind

__all__ = ["change_colours", "recolour"]

BRIGHTNESS, CONTRAST, SATURATION = 0.2, 0.5, 1.0
"""Standard deviations: of the shift, and of the binary logarithms of the factors."""


def change_colours(x: Tensor, chances: Mapping[Kind, float], rng: torch.Generator) -> Tensor:
    """Return images with other colours, each in its own way.

    Args:
        x: ``[B, C, H, W]``; grey ones (C of 1 or 2) have neither saturation nor hue.
        chances: Of each kind.
        rng: The only source of chance.
    """
    n = len(x)
    shift = BRIGHTNESS * normal(n, chances["brightness"], rng)
    factor = torch.exp2(CONTRAST * normal(n, chances["contrast"], rng))
    vividness = torch.exp2(SATURATION * normal(n, chances["saturation"], rng))
    angle = math.pi * uniform(n, chances["hue"], rng)
    which = (shift != 0) | (factor != 1)
    if x.shape[1] > 2:
        which |= (vividness != 1) | (angle != 0)
    numbers = torch.stack([shift, factor, vividness, angle], 1)
    return among(x, which, lambda some, rows: recolour(some, numbers[rows]))


def recolour(x: Tensor, numbers: Tensor) -> Tensor:
    """Change colours.

    A colour is its brightness, the mean of red, green and blue, and a vector at right angles to
    the axis of greys, whose length is the saturation and whose direction is the hue.

    Args:
        x: ``[n, C, H, W]``; an alpha channel (the last of 2 or 4) stays as it is.
        numbers: ``[n, 4]``: what is added to all colours, by what they are then multiplied, by what
            the saturation is, and by which angle in radians the hue is rotated.
    """
    shift, factor, vividness, angle = (
        number.view(-1, 1, 1, 1) for number in numbers.to(x.device, x.dtype).T
    )
    split = 1 if x.shape[1] <= 2 else 3
    colour, alpha = x[:, :split], x[:, split:]
    if split == 3:
        grey = colour.mean(1, keepdim=True)
        vector = colour - grey
        # The cross product with (1, 1, 1) / sqrt(3), as in Rodrigues' formula.
        across = (vector.roll(1, 1) - vector.roll(-1, 1)) * 3**-0.5
        colour = grey + vividness * (angle.cos() * vector + angle.sin() * across)
    changed = factor * (colour + shift)
    return torch.cat([changed, alpha], 1) if alpha.shape[1] else changed
