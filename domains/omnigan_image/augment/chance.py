"""Which images of a batch are changed, and how the others are left alone."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["Change", "among", "chosen", "normal", "uniform"]

Change = Callable[[Tensor, Tensor], Tensor]
"""Takes images ``[n, C, H, W]`` and their places in the batch ``[n]``, returns the new images."""


def chosen(n: int, chance: float, rng: torch.Generator) -> Tensor:
    """Return which of ``n`` images undergo something, ``[n]`` booleans."""
    return torch.rand(n, generator=rng) < chance


def uniform(n: int, chance: float, rng: torch.Generator) -> Tensor:
    """Return a number from [-1, 1) for each chosen image, 0 for the others, ``[n]``."""
    return (2 * torch.rand(n, generator=rng) - 1) * chosen(n, chance, rng)


def normal(n: int, chance: float, rng: torch.Generator) -> Tensor:
    """Return a standard normal number for each chosen image, 0 for the others, ``[n]``."""
    return torch.randn(n, generator=rng) * chosen(n, chance, rng)


def among(x: Tensor, which: Tensor, change: Change) -> Tensor:
    """Change some images of a batch.

    Args:
        x: ``[B, C, H, W]``.
        which: ``[B]`` booleans on the CPU. Where none is true, ``x`` itself is returned.
        change: What to do with them; the places are given on the CPU.
    """
    rows = which.nonzero().squeeze(1)
    if len(rows) == 0:
        return x
    if len(rows) == len(x):
        return change(x, rows)
    places = rows.to(x.device)
    return x.index_copy(0, places, change(x.index_select(0, places), rows))
