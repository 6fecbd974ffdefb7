"""Auxiliary generator losses."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["rhythm_gap"]

RARE = 0.005
"""Rates are compared relative to the real rate plus this one."""


def rhythm_gap(generated: Tensor, real: Tensor, longest: int) -> Tensor:
    """Return how much the rates of short and long notes differ between two batches.

    For each track, the rate per step of attacks that are followed by the next one after exactly
    ``k`` steps, for ``k`` up to ``longest``; the gap is the sum of squared differences, each over
    the real rate (a chi-squared distance). This is feature matching (Salimans et al. 2016) on
    features that are known: a discriminator is slow to count events as rare as sixteenth notes.

    A square is estimated without bias as the product of the differences of two halves of the
    batch, so the result can be negative. The square of one difference would also punish the
    variance of the generator's rates, and the cheapest way to have none is one fixed rhythm.

    Args:
        generated: Phrases ``[B, 2, tracks, steps, pitches]``.
        real: Real phrases of the same shape.
        longest: Longest interval in steps, less than the steps of a phrase.
    """
    ours = [_interval_rates(part, longest) for part in generated.chunk(2)]
    theirs = [_interval_rates(part, longest) for part in real.chunk(2)]
    gaps = [mine - wanted for mine, wanted in zip(ours, theirs, strict=True)]
    return (gaps[0] * gaps[-1] / (torch.stack(theirs).mean(0) + RARE)).sum()


def _interval_rates(x: Tensor, longest: int) -> Tensor:
    """Return rates per step ``[longest, tracks]`` of intervals of 1, 2, ... steps."""
    attacks = x[:, 1].sum(-1).clamp(max=1)  # [B, tracks, steps]
    waiting = attacks
    rates = []
    for interval in range(1, longest + 1):
        following = attacks[..., interval:]
        waiting = waiting[..., : following.shape[-1]]
        rates.append((waiting * following).mean((0, 2)))
        waiting = waiting * (1 - following)
    return torch.stack(rates)
