"""Cutout (DeVries and Taylor 2017): a part of the image is hidden."""

from __future__ import annotations

import torch
from torch import Tensor

from omnigan_image.augment.chance import among, chosen

__all__ = ["cut_out"]

HIDDEN = 0.5
"""Sides of the rectangle, as shares of the image's."""


def cut_out(x: Tensor, chance: float, rng: torch.Generator) -> Tensor:
    """Set a rectangle to mid-grey in some images; it may reach beyond the border.

    Args:
        x: ``[B, C, H, W]``.
        chance: Of each image.
        rng: The only source of chance.
    """
    centres = torch.rand(len(x), 2, generator=rng)

    def hide(some: Tensor, rows: Tensor) -> Tensor:
        near = []
        for side, share in zip(some.shape[2:], centres[rows].to(some.device).T, strict=True):
            middles = torch.arange(side, device=some.device) + 0.5
            near.append((middles - share.unsqueeze(1) * side).abs() < side * HIDDEN / 2)
        hidden = near[0].unsqueeze(2) & near[1].unsqueeze(1)  # [n, H, W]
        kept: Tensor = some * hidden.logical_not().unsqueeze(1).to(some.dtype)
        return kept

    return among(x, chosen(len(x), chance, rng), hide)
