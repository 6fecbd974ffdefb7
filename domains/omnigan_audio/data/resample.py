"""From one rate to another: whole waveforms, or block by block with the same result."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from omnigan_audio.torchaudio_loading import torchaudio_module

__all__ = ["METHOD", "resample", "resample_blocks"]

METHOD = "a Kaiser-windowed sinc of torchaudio"

# A Kaiser window over 32 zero crossings with 80 dB of attenuation: the stop band begins at half
# the lower rate, and 92 % of the band below it is kept.
_ZERO_CROSSINGS, _ROLLOFF, _BETA = 32, 0.92, 7.857
_PART = 2**18  # samples that are resampled at once
_LARGEST = 2**22  # product of the two rates after reduction; the kernel holds a few times as many


@lru_cache(maxsize=1024)
def _ratio(source_rate: int, rate: int) -> tuple[int, int]:
    """Return two small numbers in the ratio of the rates, or so nearly that nobody hears it.

    The kernel grows with their product: for 44099 and 8000 Hz, which have no common divisor, it
    would need gigabytes. The nearest ratio of small numbers is right to 2e-4, a third of a cent.
    """
    exact = Fraction(source_rate, rate)
    limit = exact.denominator
    ratio = exact
    while ratio.numerator * ratio.denominator > _LARGEST:
        limit = limit * 2 // 3
        ratio = exact.limit_denominator(limit)
    return ratio.numerator, ratio.denominator


@lru_cache(maxsize=16)
def _resampler(old: int, new: int) -> Any:
    return torchaudio_module().transforms.Resample(
        old,
        new,
        resampling_method="sinc_interp_kaiser",
        lowpass_filter_width=_ZERO_CROSSINGS,
        rolloff=_ROLLOFF,
        beta=_BETA,
    )


@torch.no_grad()
def resample(x: Tensor, source_rate: int, rate: int) -> Tensor:
    """Return waveforms ``[..., T]`` float32 at another rate."""
    old, new = _ratio(source_rate, rate)
    if old == new or not x.shape[-1]:
        return x
    result: Tensor = _resampler(old, new)(x)
    return result


def resample_blocks(blocks: Iterable[Tensor], source_rate: int, rate: int) -> Iterator[Tensor]:
    """Resample a waveform that comes in blocks ``[n]``, holding a few of them at a time.

    Joined, what comes out is what :func:`resample` gives for the joined blocks: every part is
    resampled with as much of its neighbours as the kernel reaches into. All parts but the last are
    of one size, whatever the blocks are: from sizes that vary the memory of the process grows.
    """
    old, new = _ratio(source_rate, rate)
    if old == new:
        yield from blocks
        return
    reach = math.ceil(_ZERO_CROSSINGS * max(old, new) / (new * _ROLLOFF))
    context = old * (-(-reach // old) + 1)  # whole periods, so that parts keep their phase
    inner = max(context, _PART // old * old)
    held = torch.zeros(context + inner + context)
    until = context + inner
    filled, before = 0, 0  # how much is held, and how much at its start is context alone
    for block in blocks:
        for taken in _pieces(block, len(held) - filled, inner):
            held[filled : filled + len(taken)] = taken
            filled += len(taken)
            if filled == len(held):
                yield resample(held, source_rate, rate)[before // old * new : until // old * new]
                held[: 2 * context] = held[inner:].clone()
                filled, before = 2 * context, context
    rest = resample(held[:filled], source_rate, rate)[before // old * new :]
    if len(rest):
        yield rest


def _pieces(block: Tensor, first: int, others: int) -> Iterator[Tensor]:
    """Cut a block into a piece of one length, and more of another."""
    yield block[:first]
    for start in range(first, len(block), others):
        yield block[start : start + others]
