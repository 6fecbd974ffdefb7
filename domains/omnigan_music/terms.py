"""Auxiliary generator losses: rates of musical events, matched to those of real music."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from omnigan_music.grid import Grid
from omnigan_music.statistics import harmony, melody, rhythm

__all__ = ["TERMS", "gap", "generator_terms"]

Statistic = Callable[[Tensor, Grid], Tensor]

TERMS: Mapping[str, Statistic] = {"rhythm": rhythm, "melody": melody, "harmony": harmony}

RARE = 0.005
"""Rates are compared relative to the real rate plus this one."""


def generator_terms(generated: Tensor, real: Tensor, grid: Grid) -> dict[str, Tensor]:
    """Return the :func:`gap` of each statistic; 0 for one of pitches where all tracks are drums.

    Args:
        generated: Phrases ``[B, 2, tracks, steps, pitches]``.
        real: Real phrases of the same shape.
        grid: Their layout.
    """
    pitched = any(not voice.drums for voice in grid.voices)
    return {
        name: gap(statistic, generated, real, grid)
        if name == "rhythm" or pitched
        else generated.new_zeros(())
        for name, statistic in TERMS.items()
    }


def gap(statistic: Statistic, generated: Tensor, real: Tensor, grid: Grid) -> Tensor:
    """Return how much the rates in two batches differ.

    The gap is the sum of squared differences, each over the real rate (a chi-squared distance).
    This is feature matching (Salimans et al. 2016) on features that are known: a discriminator is
    slow to count events as rare as sixteenth notes or leaps.

    A square is estimated without bias as the product of the differences of two halves of the
    batch, so the result can be negative. The square of one difference would also punish the
    variance of the generator's rates, and the cheapest way to have none is one fixed rhythm.
    """
    ours = [statistic(part, grid) for part in generated.chunk(2)]
    theirs = [statistic(part, grid) for part in real.chunk(2)]
    gaps = [mine - wanted for mine, wanted in zip(ours, theirs, strict=True)]
    return (gaps[0] * gaps[-1] / (torch.stack(theirs).mean(0) + RARE)).sum()
