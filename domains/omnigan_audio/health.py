"""Signs that generated sounds go wrong, in words, with the recipe key to turn."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from omnigan_audio.embedding import pooled_log_mel
from omnigan_audio.metrics.level import clipped_share, dc_offset, is_silent
from omnigan_audio.metrics.stride import periods_of, stride_artifacts

__all__ = ["health"]

SILENT = 0.25
"""Share of silent sounds from which it is worth a warning."""
CLIPPED = 0.01
"""Share of a sound's samples at full scale from which it counts as clipped."""
OFFSET = 0.02
"""DC offset, as a share of full scale."""
ALIKE = 0.1
"""Sounds whose log-mel features deviate by less than this, in nats (0.9 dB), are one sound."""
BUZZ = 12.0
"""Stride artifacts in dB; noise has about -1, and real sounds rarely more than a few."""


def health(x: Tensor, rate: int, strides: Sequence[int] = ()) -> list[str]:
    """Return sentences about what is wrong with sounds, if anything.

    Args:
        x: Waveforms ``[B, 1, T]``, at least one.
        rate: In Hz.
        strides: Of the generator's stages, the first one first.
    """
    # The engine speaks of sounds without any change itself.
    constant = (x == x[..., :1]).flatten(1).all(1)
    sounding = x[~is_silent(x)]
    said = [
        _silence(int((is_silent(x) & ~constant).sum()), len(x)),
        _clipping(sounding, len(x)),
        _offset(x[~constant]),
        _repetition(sounding, rate),
        _buzz(sounding, rate, strides),
    ]
    return [sentence for sentence in said if sentence]


def _silence(silent: int, count: int) -> str:
    if silent < SILENT * count:
        return ""
    return (
        f"{silent} of {count} sounds are silent (below -60 dB). If it lasts, lower train.rate or "
        "raise train.penalties.r1.weight; if the data are quiet, set data.loudness=peak."
    )


def _clipping(x: Tensor, count: int) -> str:
    clipped = int((clipped_share(x) > CLIPPED).sum())
    if not clipped:
        return ""
    return (
        f"{clipped} of {count} sounds are clipped: over {CLIPPED:.0%} of their samples are at full "
        "scale. If it lasts, lower train.rate, or set data.loudness=rms so that the data leave "
        "some room."
    )


def _offset(x: Tensor) -> str:
    offset = float(dc_offset(x).mean()) if len(x) else 0.0
    if offset < OFFSET:
        return ""
    return (
        f"The sounds have a DC offset of {offset:.2f} of full scale. Files are written without it. "
        "If it lasts, add log-spectrogram or multi-resolution to discriminator.critics."
    )


def _repetition(x: Tensor, rate: int) -> str:
    if len(x) < 2:
        return ""
    deviation = float(pooled_log_mel(x, rate).std(0).mean())
    if deviation >= ALIKE:
        return ""
    return (
        f"The sounds are all the same one: their spectra differ by {deviation * 8.686:.1f} dB. If "
        "it lasts, raise train.penalties.r2.weight or use train.loss=relativistic."
    )


def _buzz(x: Tensor, rate: int, strides: Sequence[int]) -> str:
    found = stride_artifacts(x, periods_of(strides)) if len(x) else {}
    if not found:
        return ""
    loudest = max(found.values())
    if loudest < BUZZ:
        return ""
    # Multiples of a short period have some of its lines, but fewer than half.
    period = max(each for each, excess in found.items() if excess > loudest - 3)
    return (
        f"The sounds buzz at multiples of {rate / period:.0f} Hz, {found[period]:.0f} dB above "
        f"what is beside them: the generator makes {period} samples at a time, and they differ. If "
        "it lasts, add log-spectrogram to discriminator.critics, or try another generator.body."
    )
