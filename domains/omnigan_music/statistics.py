"""How often things happen in a batch of phrases, differentiable in the phrases.

Each function takes phrases ``[B, 2, tracks, steps, pitches]`` and returns a vector of rates.
"""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor
from torch.nn import functional

from omnigan_music.grid import Grid
from omnigan_music.pitch_classes import PITCH_CLASSES, folding

__all__ = ["by_interval", "harmony", "melody", "rhythm"]

OCTAVE = 12
"""Melodic intervals beyond an octave count as one kind, up and down."""


def rhythm(x: Tensor, grid: Grid) -> Tensor:
    """Rates per step of notes that last so long, and of differences between bars.

    For each track, attacks that are followed by the next one after exactly 1, 2, ... steps, up to
    a bar; then steps on which any note starts, and those on which one starts in one of two bars
    only, for bars one, two, ... apart.
    """
    attacks = x[:, 1].sum(-1).clamp(max=1)  # [B, tracks, steps]
    waiting, rates = attacks, []
    for interval in range(1, min(grid.steps_per_bar, grid.steps - 1) + 1):
        following = attacks[..., interval:]
        waiting = waiting[..., : following.shape[-1]]
        rates.append((waiting * following).mean((0, 2)))
        waiting = waiting * (1 - following)
    struck = 1 - (1 - attacks).prod(1)  # [B, steps]
    differ = [
        _either_alone(struck[:, lag:], struck[:, :-lag]).mean()
        for lag in range(grid.steps_per_bar, grid.steps, grid.steps_per_bar)
    ]
    return torch.cat([*rates, torch.stack([struck.mean(), *differ])])


def _either_alone(a: Tensor, b: Tensor) -> Tensor:
    """Return 1 where just one of two numbers of 0 or 1 is 1."""
    return a + b - 2 * a * b


def melody(x: Tensor, grid: Grid) -> Tensor:
    """How each pitched track moves.

    Rates per step at which it moves by each interval, from what sounded a step before to what
    starts: from an octave down to an octave up, with larger ones at both ends. Then, per step, how
    many pitch classes a bar has, and pairs of them that are one to six semitones apart, see
    :func:`_pairs` (going to and fro between two pitches has the right intervals, but too few
    pitches). Then how they are mixed by the time that they sound, see :func:`_mixture`.
    """
    pitched = _pitched(grid)
    roll, starting = x[:, 0, pitched], x[:, 1, pitched, 1:]
    steps = roll.shape[0] * grid.steps
    moves = torch.einsum("btsp,btsq->tpq", roll[:, :, :-1], starting) / steps
    intervals = [by_interval(track, OCTAVE + 1) for track in moves]
    bars = roll.reshape(*roll.shape[:2], grid.bars, grid.steps_per_bar, -1).sum(3)
    chroma = bars @ folding(grid).to(x.device)  # [B, T, bars, 12], steps
    used, mixed = _pairs(chroma.clamp(max=1)) / grid.steps_per_bar, _mixture(chroma)
    return torch.cat([*intervals, used.mean((0, 2)).flatten(), mixed.mean((0, 2)).flatten()])


def harmony(x: Tensor, grid: Grid) -> Tensor:
    """Rates of intervals between tracks that sound together, and of those in whole phrases.

    For each two pitched tracks, the 12 interval classes, and how often the first is below the
    second; then how far apart the pitch classes of the whole phrase are, see :func:`_mixture`
    (notes outside the key show as more semitones and tritones).
    """
    roll = x[:, 0, _pitched(grid)]  # [B, T, S, P]
    joined = roll.transpose(0, 1).flatten(1, 2)  # [T, B * S, P]
    rates = []
    for first, second in combinations(joined, 2):
        apart = by_interval(second.T @ first / len(first), grid.pitches)
        up = torch.arange(-grid.pitches, grid.pitches + 1, device=x.device)
        classes = functional.one_hot(up % PITCH_CLASSES, PITCH_CLASSES).to(apart.dtype)
        rates += [apart @ classes, apart[up < 0].sum().unsqueeze(0)]
    whole = _mixture(roll.sum((1, 2)) @ folding(grid).to(x.device)).mean(0)
    return torch.cat([*rates, whole])


def _mixture(chroma: Tensor) -> Tensor:
    """Return how likely two draws from a mixture are each interval class apart, ``[..., 7]``.

    Args:
        chroma: How much of each pitch class there is, ``[..., 12]``; all zero gives zeros.
    """
    return _pairs(chroma / chroma.sum(-1, keepdim=True).clamp(min=1))


def _pairs(weights: Tensor) -> Tensor:
    """Return the sums of ``w[p] * w[p + d]`` over pitch classes ``p``, ``[..., 7]``.

    Args:
        weights: Of each pitch class, ``[..., 12]``; with 1 for those in use and 0 for others, the
            sums count pairs that are ``d`` semitones apart, and with ``d = 0`` those in use.
    """
    twice = torch.cat([weights, weights], -1)
    apart = range(PITCH_CLASSES // 2 + 1)
    return torch.stack([(weights * twice[..., d : d + PITCH_CLASSES]).sum(-1) for d in apart], -1)


def _pitched(grid: Grid) -> list[int]:
    return [track for track, voice in enumerate(grid.voices) if not voice.drums]


def by_interval(moves: Tensor, largest: int) -> Tensor:
    """Return the sums ``[2 * largest + 1]`` of a matrix ``[P, P]`` along its diagonals.

    Entry ``largest + d`` sums what leads from p to p + d; both ends hold what lies beyond.
    """
    steps = torch.arange(len(moves), device=moves.device)
    interval = (steps - steps.unsqueeze(1)).clamp(-largest, largest) + largest
    empty = moves.new_zeros(2 * largest + 1)
    return empty.index_add(0, interval.flatten(), moves.flatten())
