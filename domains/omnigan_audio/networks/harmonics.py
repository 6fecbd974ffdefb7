"""Where in a spectrogram the harmonics of a pitch are."""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor

__all__ = ["comb", "harmonics"]

GOLDEN = 0.61803398875
"""Turns; multiples of it are spread evenly over the circle."""
LOBE = 2
"""Bins on either side of a sine's frequency in which a Hann window shows it."""


def _near(pitch: Tensor, rate: int, window: int, bins: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the harmonics next to each bin and how high their lobes are there.

    A Hann window's lobe is nearly a squared cosine; nobody hears the difference. Of harmonics less
    than a bin apart, some that reach a bin are left out.

    Returns:
        The numbers of four harmonics, their places in bins, and the heights of their lobes, each
        ``[B, bins, 4]``. A height is 0 for those that do not exist, and where there is no pitch.
    """
    first = 440 * 2 ** ((pitch.float() - 69) / 12) * (window / rate)
    first = first[:, None, None]
    places = torch.arange(bins, device=pitch.device)[:, None]
    around = torch.arange(-1, 3, device=pitch.device)
    number = (places / first).floor() + around
    at = number * first
    away = at - places
    heard = (number > 0) & (at < window / 2) & (away.abs() < LOBE) & (pitch >= 0)[:, None, None]
    return number, at, (away * (pi / 2 / LOBE)).cos().square() * heard


def harmonics(
    pitch: Tensor, rate: int, window: int, hop: int, size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Return the spectrum of all harmonics of pitches, as real and imaginary parts.

    Each is a sine as loud as 1 in the middle of its lobe. They start at phases that are spread
    over the circle, lest they add up to one pulse in each period. Nothing sounds between them.

    Args:
        pitch: MIDI note numbers ``[B]``; below 0 where there is none.
        rate: Sample rate in Hz.
        window: Samples in a window.
        hop: Samples between two windows.
        size: How many of the window's frequencies, from 0 Hz on, and how many windows.

    Returns:
        Both ``[B, bins, frames]``.
    """
    bins, frames = size
    number, at, height = _near(pitch, rate, window, bins)
    moved = at * (hop / window)
    start = GOLDEN / 2 * number * number
    # A window's phases are those at its first sample, half a window before what it is centred on.
    start = start - torch.arange(bins, device=pitch.device)[:, None] / 2
    frame = torch.arange(frames, device=pitch.device)
    turns = (moved - moved.floor()).unsqueeze(3) * frame + (start - start.floor()).unsqueeze(3)
    angle = 2 * pi * (turns - turns.floor())
    real = (height.unsqueeze(3) * angle.cos()).sum(2)
    imaginary = (height.unsqueeze(3) * angle.sin()).sum(2)
    return real, imaginary


def comb(pitch: Tensor, rate: int, window: int, bins: int) -> Tensor:
    """Return how near each frequency is to a harmonic, ``[B, bins]``: 1 on it, 0 two bins away.

    Args:
        pitch: MIDI note numbers ``[B]``; below 0 where there is none.
        rate: Sample rate in Hz.
        window: Samples in a window.
        bins: How many of its frequencies, from 0 Hz on.
    """
    return _near(pitch, rate, window, bins)[2].amax(2)
