"""Melodic intervals: which pitches are likely, given the one that came before.

A network that chooses the pitches of all steps at once cannot know which note it moves from, so its
lines leap. With logits of intervals beside those of pitches, it says how a line goes on from
wherever it is, and what fits the chord there; a choice takes both into account.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from omnigan.loops import Tensors, scanned
from omnigan_music.statistics import by_interval

__all__ = ["INTERVALS", "RAREST", "last_pitches", "preference", "reached"]

LARGEST = 12
"""The largest interval with a logit of its own, up and down, in semitones; larger ones have 0."""
INTERVALS = 2 * LARGEST + 1
RAREST = 1e-3
"""Frequencies below this one count as this one."""


def reached(leaps: Tensor, last: Tensor, pitches: int) -> Tensor:
    """Return what logits of intervals say of each pitch.

    Args:
        leaps: Logits ``[..., INTERVALS]``, from an octave down to an octave up.
        last: Index of the pitch to move from, ``[...]``; one that is no pitch's gives 0 throughout.
        pitches: How many pitches there are.

    Returns:
        Logits ``[..., pitches]``.
    """
    unknown = last.clamp(-1, pitches) % (pitches + 1)
    places = _places(pitches, last.device)[unknown, :-1]
    return functional.pad(leaps, (0, 1)).gather(-1, places)


@torch.no_grad()
def last_pitches(pitch: Tensor, attack: Tensor, leaps: Tensor) -> Tensor:
    """Return the pitch of the last note before each step, ``[B, T, S]``; ``P`` where there is none.

    Each note depends on the one before, so this is a loop over steps. No gradient goes through it:
    a note is taught what to do after the one before, not what that one should have been.

    Args:
        pitch: Logits ``[B, T, S, P + 1]``; the last choice is a rest, after which a line goes on
            from where it was.
        attack: Logits ``[B, T, S]`` of the gate, which is open on the first step.
        leaps: Logits ``[B, T, S, INTERVALS]``.
    """
    pitches = pitch.shape[-1] - 1
    # What does not depend on the note before is out of the loop, of which each operation counts.
    attacked = attack.sigmoid() > 0.5
    attacked[:, :, 0] = True
    leaps = functional.pad(leaps, (0, 1))
    places = _places(pitches, pitch.device)

    def after(state: Tensors, step: Tensors) -> tuple[Tensors, Tensor]:
        (last,), (choices, moves, attacked) = state, step
        new = (choices + moves.gather(-1, places[last])).argmax(-1)
        return (torch.where(attacked & (new < pitches), new, last),), last.clone()

    last = torch.full_like(attack[:, :, 0], pitches, dtype=torch.long)
    steps = tuple(x.movedim(2, 0) for x in (pitch, leaps, attacked))
    return scanned(after, (last,), steps)[1].movedim(0, 2)


def _places(pitches: int, device: torch.device) -> Tensor:
    """Return where the logit of each choice is, for each pitch to move from, ``[P + 1, P + 1]``.

    Intervals that have none, the rest, and what follows nothing are at the end, at ``INTERVALS``.
    """
    of = torch.arange(pitches + 1, device=device)
    interval = of - of.unsqueeze(1) + LARGEST
    known = (interval >= 0) & (interval < INTERVALS) & (of < pitches) & (of < pitches).unsqueeze(1)
    return torch.where(known, interval, INTERVALS)


def preference(roll: Tensor, onsets: Tensor) -> Tensor:
    """Return by how much more often each interval occurs than by chance, as logs ``[INTERVALS]``.

    Chance is a line that forgets where it was.

    Args:
        roll: What sounds, ``[N, S, P]``.
        onsets: What starts, ``[N, S, P]``.
    """
    before, starting = roll[:, :-1].flatten(0, 1), onsets[:, 1:].flatten(0, 1)
    moves = _shares(before.T @ starting)
    chance = _shares(torch.outer(before.mean(0), starting.mean(0)))
    return (moves / chance).log()


def _shares(moves: Tensor) -> Tensor:
    """Return the share of each interval in a matrix ``[P, P]`` of moves, none below RAREST."""
    within = by_interval(moves, LARGEST + 1)[1:-1]
    return (within / within.sum().clamp(RAREST)).clamp(RAREST)
