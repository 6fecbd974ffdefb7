"""Cutting one-shots out of waveforms."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["PRE_ROLL", "Shot", "attack_place", "cut_shot"]

PRE_ROLL = 0.004  # seconds before the attack
_FADE = 0.005  # seconds in which a sound that goes on dies away at the cut
_RISE = 0.05  # share of the peak that an attack rises above


@dataclass(frozen=True)
class Shot:
    """A clip.

    Attributes:
        x: ``[length]``.
        sounding: How many of its samples, from the first, come from the file; the rest are zeros.
    """

    x: Tensor
    sounding: int

    @property
    def peak(self) -> float:
        """Its largest sample."""
        return float(self.x.abs().max())

    @property
    def rms(self) -> float:
        """Root of the mean power of what sounds."""
        return math.sqrt(float(self.x.double().square().sum()) / max(1, self.sounding))


def attack_place(x: Tensor) -> int:
    """Return the first sample of ``[T]`` that is louder than a twentieth of the peak."""
    level = x.abs()
    return int((level > _RISE * level.max()).int().argmax()) if len(x) else 0


def cut_shot(x: Tensor, length: int, rate: int, at_attack: bool) -> Shot:
    """Return a clip of a waveform ``[T]``, with zeros where the waveform does not reach.

    Args:
        x: The waveform; all of it is searched for the attack.
        length: Samples of the clip.
        rate: Samples per second.
        at_attack: Begin so that the attack is ``PRE_ROLL`` after the first sample of the clip, and
            fade that in where something is cut off; else begin with the first sample.
    """
    lead = round(PRE_ROLL * rate)
    first = attack_place(x) - lead if at_attack else 0
    part = x[max(0, first) : max(0, first + length)]
    offset = max(0, -first)
    clip = torch.zeros(length, dtype=x.dtype)
    clip[offset : offset + len(part)] = part
    if first > 0:
        clip[: lead // 2] *= _ramp(lead // 2)
    if len(x) > first + length:
        count = min(round(_FADE * rate), length // 4)
        clip[length - count :] *= _ramp(count).flip(0)
    return Shot(clip, offset + len(part))


def _ramp(count: int) -> Tensor:
    """Return half a wave of the cosine from above 0 to below 1, ``[count]``."""
    return (1 - torch.cos((torch.arange(count) + 0.5) * (math.pi / count))) / 2
