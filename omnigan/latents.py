"""Latent distributions."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

__all__ = ["Latent", "draw"]

Latent = Literal["normal", "uniform"]


def draw(kind: Latent, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    """Return latent vectors on the CPU.

    Args:
        kind: ``normal``, with mean 0 and variance 1, or ``uniform`` in [-1, 1].
        shape: ``[B, ...]``.
        rng: The only source of chance.
    """
    if kind == "normal":
        return torch.randn(shape, generator=rng)
    return torch.rand(shape, generator=rng) * 2 - 1
