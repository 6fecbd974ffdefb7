"""Output heads: from numbers to notes, exactly 0 or 1 forward and differentiable backward.

Thresholding every cell of a roll by itself fragments long notes, since each step is a new chance
to break one. These heads make sustaining the default: a gate has to act to change anything. The
recurrences are solved in closed form (a gather and a cumulative sum) instead of a loop over steps.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["drum_notes", "monophonic_notes", "polyphonic_notes"]


def _gate(logits: Tensor) -> Tensor:
    """Return 1 where the logit is positive, else 0, with the sigmoid's gradient."""
    soft = logits.sigmoid()
    return (soft > 0.5).to(soft.dtype) + (soft - soft.detach())  # the difference is exactly 0


def _choice(logits: Tensor) -> Tensor:
    """Return the one-hot arg max over the last axis with the softmax's gradient."""
    soft = logits.softmax(-1)
    # Of the logits: as softmax, two of them can round to one number.
    hard = torch.zeros_like(soft).scatter_(-1, logits.argmax(-1, keepdim=True), 1.0)
    return hard + (soft - soft.detach())


def _hold(change: Tensor, fresh: Tensor, nudge: Tensor) -> Tensor:
    """Return the value of the last change at every step, with the recurrence's exact gradient.

    For gates ``c_t`` of 0 or 1 this is ``r_t = c_t * fresh_t + (1 - c_t) * r_{t-1}``. All of it is
    ``[B, T, S, P]``, or ``P = 1`` in ``change``.

    Args:
        change: The gates' values, no graph; 1 on step 0.
        fresh: What is taken over where the gate is 1.
        nudge: Zero in value; its gradient is how ``r_t`` would change with what the gates at ``t``
            depend on. Whatever happens at ``t`` lasts until the next change.
    """
    steps = torch.arange(change.shape[2], device=change.device).view(1, 1, -1, 1)
    # Of a gate that is NaN there is no whole number; compared, it is no change.
    last = torch.where(change > 0.5, steps, 0).cummax(2).values.expand_as(fresh)
    total = nudge.cumsum(2)
    before = total - nudge  # the sum up to the step before
    return fresh.gather(2, last) + total - before.gather(2, last)


def _previous(roll: Tensor) -> Tensor:
    """Return the roll one step earlier; silence before the first step."""
    return torch.cat([torch.zeros_like(roll[:, :, :1]), roll[:, :, :-1]], 2)


def monophonic_notes(pitch: Tensor, attack: Tensor) -> Tensor:
    """Return notes of tracks with one pitch at a time.

    At each step an attack gate decides between the step's own pitch choice and going on with the
    sounding one: ``r_t = e_t * new_t + (1 - e_t) * r_{t-1}`` with ``e_0 = 1``.

    Args:
        pitch: Logits ``[B, T, S, P + 1]``; the last choice is a rest.
        attack: Logits ``[B, T, S]`` of the gate.

    Returns:
        Roll and onsets ``[B, 2, T, S, P]``.
    """
    new = _choice(pitch)
    first = torch.zeros_like(attack)
    first[:, :, 0] = 1.0
    gate = (_gate(attack) * (1 - first) + first).unsqueeze(-1)
    change = gate.detach()
    with torch.no_grad():
        held = _previous(_hold(change, new, torch.zeros_like(new)))
    nudge = (gate - change) * (new.detach() - held)
    roll = _hold(change, new, nudge)
    return torch.stack([roll[..., :-1], (gate * new)[..., :-1]], 1)


def polyphonic_notes(attack: Tensor, release: Tensor) -> Tensor:
    """Return notes of tracks with any number of pitches at a time.

    Each pitch has its own attack and release gates:
    ``r_t = max(on_t, r_{t-1} * (1 - off_t))``.

    Args:
        attack: Logits ``[B, T, S, P]``.
        release: Logits ``[B, T, S, P]``.

    Returns:
        Roll and onsets ``[B, 2, T, S, P]``.
    """
    on, off = _gate(attack), _gate(release)
    hard_on, hard_off = on.detach(), off.detach()
    change = 1 - (1 - hard_on) * (1 - hard_off)
    change[:, :, 0] = 1.0  # nothing sounds before the first step
    with torch.no_grad():
        held = _previous(_hold(change, hard_on, torch.zeros_like(hard_on)))
    nudge = (on - hard_on) * (1 - (1 - hard_off) * held) - (off - hard_off) * (1 - hard_on) * held
    return torch.stack([_hold(change, hard_on, nudge), on], 1)


def drum_notes(attack: Tensor) -> Tensor:
    """Return hits, which have no length: roll and onsets ``[B, 2, T, S, P]`` are the same.

    Args:
        attack: Logits ``[B, T, S, P]``.
    """
    hits = _gate(attack)
    return torch.stack([hits, hits], 1)
