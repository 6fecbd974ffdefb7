"""Pieces that several audio networks use."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnigan_audio.networks.conditions import Condition, Given

__all__ = ["Code", "doubling", "soft_limit", "surplus"]

MOST_DOUBLED = 8
KNEE = 0.75


def doubling(width: int, stages: int) -> list[int]:
    """Return channels of each stage, coarsest first: the finest has ``width``, then 2, 4, 8, 8."""
    return [width * min(2**stage, MOST_DOUBLED) for stage in reversed(range(stages))]


def surplus(length: int, frame: int) -> int:
    """Return how many samples whole frames have more than ``length``."""
    return -length % frame


def soft_limit(x: Tensor) -> Tensor:
    """Bend samples beyond 0.75 so that none leaves [-1, 1]; the others stay what they are."""
    excess = (x.abs() - KNEE).clamp(min=0)
    bent = KNEE + (1 - KNEE) * (excess / (1 - KNEE)).tanh()
    return torch.where(x.abs() > KNEE, x.sign() * bent, x)


class Code(nn.Module):
    """The latent vector, moved by the conditions.

    Args:
        z: Size of the latent vector.
        given: What it is told besides.
    """

    def __init__(self, z: int, given: Given) -> None:
        super().__init__()
        self.condition = Condition(z, given)

    def forward(self, z: Tensor, label: Tensor | None, pitch: Tensor | None) -> Tensor:
        """Return vectors ``[B, z]``."""
        moved = self.condition(label, pitch)
        return z if moved is None else z + moved
