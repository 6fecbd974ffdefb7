"""How unlike two images look, at several scales."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["pyramid_distance"]

SMALLEST = 4


def pyramid_distance(x: Tensor, y: Tensor) -> Tensor:
    """Return the mean absolute difference over a pyramid of halved images, ``[B]``.

    A difference of single pixels says little about images that are shifted against each other;
    the coarse levels, which weigh as much as the fine ones, give their gradient a long reach.

    Args:
        x: Images ``[B, C, H, W]``.
        y: Images of the same shape.
    """
    difference = x - y
    levels = [difference.abs().flatten(1).mean(1)]
    while min(difference.shape[2:]) >= 2 * SMALLEST:
        difference = functional.avg_pool2d(difference, 2)
        levels.append(difference.abs().flatten(1).mean(1))
    return torch.stack(levels).mean(0)
