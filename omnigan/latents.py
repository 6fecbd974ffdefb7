"""Latent distributions, and paths between latent vectors."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

__all__ = ["Latent", "between", "draw", "slerp"]

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


def between(kind: Latent, a: Tensor, b: Tensor, share: float) -> Tensor:
    """Return latent vectors on the way from a to b that are likely under their distribution.

    Args:
        kind: Their distribution.
        a: ``[B, ...]``.
        b: The same shape.
        share: 0 gives a, 1 gives b.
    """
    return slerp(a, b, share) if kind == "normal" else torch.lerp(a, b, share)


def slerp(a: Tensor, b: Tensor, share: float) -> Tensor:
    """Return the point on the great circle from a to b, for each row (Shoemake 1985).

    Normal vectors of many dimensions lie near a sphere; a straight line between two of them would
    leave it, and a generator has seen nothing inside (White 2016).

    Args:
        a: ``[B, ...]``.
        b: The same shape.
        share: 0 gives a, 1 gives b.
    """
    start, end = a.reshape(len(a), -1), b.reshape(len(b), -1)
    cosine = torch.cosine_similarity(start, end, 1).clamp(-1, 1)
    angle = cosine.acos().unsqueeze(1)
    sine = angle.sin()
    weights = torch.cat([((1 - share) * angle).sin(), (share * angle).sin()], 1) / sine
    straight = torch.tensor([[1 - share, share]], dtype=a.dtype, device=a.device)
    # Along one line, or between opposite points, there is no one great circle.
    weights = torch.where(sine > 1e-4, weights, straight)
    return (weights[:, :1] * start + weights[:, 1:] * end).view_as(a)
