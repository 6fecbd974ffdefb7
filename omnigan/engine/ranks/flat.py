"""Many small tensors as one flat one, so that one operation carries all of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["flatten", "parts_of"]


def flatten(tensors: Sequence[Tensor], device: torch.device) -> Tensor:
    """Return all numbers ``[N]`` of some tensors, float32."""
    return torch.cat([value.detach().reshape(-1).to(device, torch.float32) for value in tensors])


def parts_of(flat: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    """Return what :func:`flatten` made of tensors like these, each a view of its place."""
    pieces = torch.split(flat, [value.numel() for value in like])
    return [piece.view_as(value) for piece, value in zip(pieces, like, strict=True)]
