"""How networks that double their maps begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

__all__ = ["BILINEAR", "begin_by_interpolating"]

BILINEAR: Mapping[int, Sequence[float]] = {
    1: (1.0,),
    3: (1.0, 2.0, 1.0),
    4: (1.0, 3.0, 3.0, 1.0),
}
"""Weights by the side of a kernel: of one place, of an odd side, and of an even one."""


@torch.no_grad()
def begin_by_interpolating(up: nn.ConvTranspose2d, std: float) -> nn.ConvTranspose2d:
    """Let a fresh transposed convolution begin by interpolating its maps.

    Its kernels become one random number times bilinear weights (Long et al. 2015). With a number
    for each place, neighbours in the finer map would come from different weights and begin as a
    checkerboard (Aitken et al. 2017), which takes long to unlearn.

    Args:
        up: Changed in place; the sides of its kernel are among those of :data:`BILINEAR`.
        std: Standard deviation of all its weights.

    Returns:
        The same layer.
    """
    if up.weight.is_meta:  # a network without storage, built for its shapes
        return up
    rows, columns = (torch.tensor(BILINEAR[side]) for side in up.weight.shape[2:])
    taps = torch.outer(rows, columns)
    numbers: Tensor = std * torch.randn(*up.weight.shape[:2], 1, 1)
    up.weight.copy_(numbers * taps / taps.square().mean().sqrt())
    return up
