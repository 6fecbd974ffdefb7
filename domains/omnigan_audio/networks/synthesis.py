"""From levels and phases of a spectrogram to sound."""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor

from omnigan_audio.spectra import stft

__all__ = ["levels_of", "magnitudes", "turning"]

QUIETEST, LOUDEST = 1e-5, 0.98
"""Shares of the largest magnitude between which :func:`levels_of` keeps its levels finite."""


def turning(like: Tensor, window: int, hop: int) -> Tensor:
    """Return the phases ``[bins, frames]`` of sines at the bins' centres that start with phase 0.

    They refer to the middle of each window. What a network adds to them stays the same from frame
    to frame both for such a sine and for a click, and changes slowly for a sine between the centres
    of two bins.

    Args:
        like: Any tensor ``[..., bins, frames]`` of the same type and device.
        window: Samples in a window.
        hop: Samples between two windows.
    """
    bins, frames = like.shape[-2:]
    frequency = torch.arange(bins, device=like.device)
    middle = torch.arange(frames, device=like.device) * hop + window // 2
    # In whole numbers as long as possible: a product of this size has few digits behind the point.
    places = (frequency[:, None] * middle) % window
    return places.to(like.dtype) * (2 * pi / window)


def magnitudes(level: Tensor, window: int) -> Tensor:
    """Return the magnitudes of levels: ``window / 2 * sigmoid(level)``.

    That is the exponential function for all but the loudest levels, and never more than samples
    within [-1, 1] can have.
    """
    return window / 2 * level.sigmoid()


def levels_of(x: Tensor, window: int, hop: int) -> Tensor:
    """Return the levels ``[B, bins, frames]`` whose :func:`magnitudes` are those of x.

    Args:
        x: Waveforms ``[B, 1, T]``.
        window: Samples in a window.
        hop: Samples between two windows.
    """
    shares = stft(x, window, hop).abs() / (window / 2)
    return shares.clamp(QUIETEST, LOUDEST).logit()
