"""Examples without how loud, or how rich in contrast, they are."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["at_equal_power"]

_CONSTANT = 1e-6  # deviation of values up to 1 below which an example is nothing but its mean


def at_equal_power(x: Tensor) -> Tensor:
    """Return examples ``[B, ...]`` as rows ``[B, F + 1]`` of mean 0 and length 1.

    Half the square of the distance of two is 1 minus their correlation, so a faint example is as
    far from another faint one as two loud ones are; without this, everything faint seems to be a
    copy of the faintest. The last number is 1 in constant examples, which are alike, and as far
    from others as these are from what they have nothing in common with.
    """
    rows = x.flatten(1).float()
    rows = rows - rows.mean(1, keepdim=True)
    deviation = rows.square().mean(1, keepdim=True).sqrt()
    is_constant = deviation < _CONSTANT
    length = deviation * rows.shape[1] ** 0.5
    scaled = (rows / length.clamp_min(1e-30)).masked_fill_(is_constant, 0.0)
    return torch.cat([scaled, is_constant.float()], 1)
