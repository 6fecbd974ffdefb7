"""Features of sounds for the distances between distributions, without any trained network.

They are levels in mel bands, pooled over time. Distances between them are named log-mel Frechet and
log-mel kernel distance, and are not the FAD of Kilgour et al. (2019), whose features come from a
network that was trained on other people's recordings.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import pad

from omnigan_audio.spectra import log_mel, mel_filters, sizes_for

__all__ = ["BANDS", "WIDTH", "mel_levels", "pooled_log_mel"]

BANDS = 32
FLOOR = math.log(1e-4)
"""80 dB below a full-scale sine: what is quieter is not heard, and counts as silence."""
_PARTS = (0, 1 / 8, 1 / 4, 1 / 2, 1)
"""Where the parts of a sound begin and end: short ones first, since sounds change most there."""
WIDTH = BANDS * len(_PARTS)
"""Features of a sound."""
_BLOCK = 256  # sounds that are transformed at a time
_SHORTEST = 4  # windows


def mel_levels(x: Tensor, rate: int, bands: int = BANDS) -> Tensor:
    """Return the level in each mel band over time, ``[B, bands, frames]``.

    The unit is the natural logarithm of a magnitude; a full-scale sine has about 0 in the band that
    it is in (up to ln 2 more where that is wide), at any rate, and nothing is below
    :data:`FLOOR`.

    Args:
        x: Waveforms ``[B, 1, T]``; short ones are followed by silence.
        rate: Sample rate in Hz.
        bands: Number of bands.
    """
    window, hop = sizes_for(rate)
    x = pad(x, (0, max(0, _SHORTEST * window - x.shape[-1])))
    # A sine of amplitude 1 has the magnitude window / 4 under a Hann window.
    full = mel_filters(rate, window, bands).amax(0).to(x) * (window / 4)
    return (log_mel(x, rate, window, hop, bands) - full.log()[:, None]).clamp(min=FLOOR)


def pooled_log_mel(x: Tensor, rate: int) -> Tensor:
    """Return features ``[B, 160]``, float32, in natural logarithms of magnitudes.

    For each of 32 mel bands they are the mean level of the first eighth of a sound, the second
    eighth, the second quarter and the second half, so that attack and decay are seen, and the
    standard deviation over all of it.

    Args:
        x: Waveforms ``[B, 1, T]`` in [-1, 1].
        rate: Sample rate in Hz.
    """
    with torch.no_grad():
        return torch.cat([_pooled(mel_levels(block, rate)) for block in torch.split(x, _BLOCK)])


def _pooled(levels: Tensor) -> Tensor:
    frames = levels.shape[2]
    edges = [round(part * frames) for part in _PARTS]
    means = [levels[..., start:end].mean(2) for start, end in pairwise(edges)]
    return torch.cat([*means, levels.std(2)], 1)
