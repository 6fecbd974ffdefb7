"""Differentiable augmentation: the discriminator sees phrases with parts left out.

A discriminator that knows a few thousand phrases by heart stops teaching. With a track or a bar
missing now and then it has to judge what is left; real and generated phrases are treated alike, so
the generator does not learn to leave anything out (Zhao et al. 2020; Karras et al. 2020a).
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["without_parts"]


def without_parts(x: Tensor, bars: int, strength: float, rng: torch.Generator) -> Tensor:
    """Silence one track, one bar, both or neither in each phrase.

    Args:
        x: Phrases ``[B, 2, tracks, steps, pitches]``.
        bars: Bars in a phrase.
        strength: Chance of losing a track, and of losing a bar, 0 to 1.
        rng: The only source of chance, on the CPU.
    """
    batch, _, tracks, steps, _ = x.shape
    keep_track = _all_but_one(batch, tracks, strength, rng).view(batch, 1, tracks, 1, 1)
    keep_bar = _all_but_one(batch, bars, strength, rng)
    keep_step = keep_bar.repeat_interleave(steps // bars, 1).view(batch, 1, 1, steps, 1)
    return x * (keep_track * keep_step).to(x)


def _all_but_one(batch: int, places: int, chance: float, rng: torch.Generator) -> Tensor:
    """Return ones ``[batch, places]``, with a zero at one place in some rows."""
    which = torch.randint(places, (batch, 1), generator=rng)
    lose = torch.rand(batch, 1, generator=rng) < chance
    if places == 1:
        return torch.ones(batch, 1)
    return 1 - ((torch.arange(places) == which) & lose).float()
