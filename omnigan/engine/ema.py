"""The exponential moving average of the generator's weights."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from omnigan.recipe.schema import Ema

__all__ = ["decay_of", "follow", "frozen_copy"]

AUTO_SHARE = 0.02
"""Half-life as a share of the run where the recipe leaves it open."""


def frozen_copy(network: nn.Module) -> nn.Module:
    """Return a copy in evaluation mode that takes no gradient."""
    return copy.deepcopy(network).eval().requires_grad_(False)


def decay_of(settings: Ema, batch_size: int, total_steps: int, step: int) -> float:
    """Return the share of the old average that the step ``step`` (counted from 0) keeps.

    The half-life is counted in examples. The ramp keeps the average short early on (Karras et al.
    2020b): a long one would still hold the random first weights when a short run ends.
    """
    seen = (step + 1) * batch_size
    if settings.half_life is None:
        half_life = AUTO_SHARE * total_steps * batch_size
    else:
        half_life = float(settings.half_life.steps(batch_size) * batch_size)
    if settings.ramp is not None:
        half_life = min(half_life, settings.ramp * seen)
    return float(0.5 ** (batch_size / max(half_life, 1e-8)))


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the average towards the network.

    Running statistics are averaged like weights, since they are of the network's own outputs. What
    has no average is copied: counters, and what is infinite, as in masks.
    """
    mine, theirs = _tensors(average), _tensors(network)
    moving = [(old, new) for old, new in zip(mine, theirs, strict=True) if old.is_floating_point()]
    torch._foreach_lerp_([old for old, _ in moving], [new for _, new in moving], 1 - decay)
    for old, new in zip(average.buffers(), network.buffers(), strict=True):
        if old.is_floating_point():
            torch.where(old.isnan(), new, old, out=old)
        else:
            old.copy_(new)


def _tensors(network: nn.Module) -> list[Tensor]:
    return [value.detach() for value in (*network.parameters(), *network.buffers())]
