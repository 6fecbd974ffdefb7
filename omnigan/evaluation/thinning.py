"""Fewer examples, spread evenly over many."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["evenly"]


def evenly(total: int, n: int) -> Tensor:
    """Return ``n`` places from 0 to ``total - 1``, in order, as evenly spread as can be."""
    return torch.arange(n) * total // n
