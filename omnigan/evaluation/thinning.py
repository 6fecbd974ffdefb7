"""Fewer examples, spread evenly over many."""

from __future__ import annotations

import torch
from torch import Tensor

from omnigan import thinning

__all__ = ["evenly"]


def evenly(total: int, n: int) -> Tensor:
    """Return the places of :func:`omnigan.thinning.evenly` as an index of tensors."""
    return torch.tensor(thinning.evenly(total, n), dtype=torch.int64)
