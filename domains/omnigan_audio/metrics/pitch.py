"""Fundamental frequency by YIN (de Cheveigne and Kawahara 2002).

Own code from the paper: the difference function, its cumulative mean normalised form, the absolute
threshold and parabolic interpolation. Sounds are resampled to at least 32 kHz first, so that the
period of a high note is known to a fraction of a sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from omnigan_audio.metrics.level import is_silent

__all__ = [
    "HIGH",
    "LOW",
    "Pitch",
    "frequency_of",
    "nearest_pitch",
    "periodicity",
    "pitch_accuracy",
    "yin",
]

LOW, HIGH = 27.0, 4200.0
"""Frequencies in Hz that are looked for: those of a piano. The highest is at most 0.4 of the rate.
"""
THRESHOLD = 0.15
"""Aperiodicity below which a dip counts as a period, and a frame as pitched."""
QUARTER_TONE = 0.5  # semitones
_FINE = 32_000
_PERIODS = 2  # of the lowest frequency that are compared with what follows
_HEARD = 0.1  # of the amplitude of the loudest frame: quieter ones do not count
_BLOCK = 64


@dataclass(frozen=True)
class Pitch:
    """Fundamental frequencies over time.

    Attributes:
        frequency: ``[B, frames]`` in Hz; aperiodicity says whether it means anything.
        aperiodicity: ``[B, frames]``: 0 of a periodic sound, about 1 of noise.
        amplitude: ``[B, frames]``, root mean square.
    """

    frequency: Tensor
    aperiodicity: Tensor
    amplitude: Tensor

    @property
    def heard(self) -> Tensor:
        """Which frames are loud enough to count, ``[B, frames]``."""
        return self.amplitude > _HEARD * self.amplitude.amax(1, keepdim=True)


def yin(x: Tensor, rate: int) -> Pitch:
    """Estimate the fundamental frequency of waveforms over time.

    Args:
        x: Waveforms ``[B, 1, T]``.
        rate: Sample rate in Hz.
    """
    parts = [_yin(block.squeeze(1).double(), rate) for block in torch.split(x, _BLOCK)]
    return Pitch(
        torch.cat([part.frequency for part in parts]),
        torch.cat([part.aperiodicity for part in parts]),
        torch.cat([part.amplitude for part in parts]),
    )


def _yin(x: Tensor, rate: int) -> Pitch:
    factor = -(-_FINE // rate)
    x, fine = _resampled(x - x.mean(1, keepdim=True), factor), rate * factor
    longest = int(fine / LOW) + 1
    span = _PERIODS * longest  # samples that are compared
    x = pad(x, (0, max(0, span + longest - x.shape[1])))
    frames = x.unfold(1, span + longest, span)
    difference = _difference(frames, span, longest)
    normalised = _normalised(difference)
    period, aperiodicity = _period(difference, normalised, int(fine / min(HIGH, 0.4 * rate)))
    return Pitch(fine / period, aperiodicity, frames.square().mean(2).sqrt())


def _resampled(x: Tensor, factor: int) -> Tensor:
    """Return waveforms ``[B, T]`` with so many times the samples, and nothing above the old."""
    length = x.shape[1]
    spectrum = torch.fft.rfft(pad(x, (0, length)))  # silence behind it, so that the end is an end
    fine: Tensor = torch.fft.irfft(spectrum * factor, 2 * length * factor)
    return fine[:, : length * factor]


def _difference(frames: Tensor, span: int, longest: int) -> Tensor:
    """Return ``d(t) = sum_j (x_j - x_(j+t))^2`` over ``span`` samples, ``[..., longest + 1]``.

    Equation 6 of the paper, with the products by Fourier transform.
    """
    size = 1 << (span + longest - 1).bit_length()
    head, whole = (torch.fft.rfft(part, size) for part in (frames[..., :span], frames))
    products: Tensor = torch.fft.irfft(head.conj() * whole, size)[..., : longest + 1]
    sums = pad(frames.square().cumsum(-1), (1, 0))
    energy = sums[..., span : span + longest + 1] - sums[..., : longest + 1]
    return (energy[..., :1] + energy - 2 * products).clamp(min=0)


def _normalised(difference: Tensor) -> Tensor:
    """Return ``d(t)`` over its mean from 1 to t, and 1 for t = 0 (equation 8)."""
    lags = torch.arange(1, difference.shape[-1], dtype=difference.dtype)
    mean = difference[..., 1:].cumsum(-1) / lags
    ratio = torch.where(mean > 0, difference[..., 1:] / mean, 1.0)
    return pad(ratio, (1, 0), value=1.0)


def _period(difference: Tensor, normalised: Tensor, shortest: int) -> tuple[Tensor, Tensor]:
    """Return the period in samples, between them, and the aperiodicity, both without lag axis."""
    inner = normalised[..., 1:-1]
    dips = (inner <= normalised[..., :-2]) & (inner < normalised[..., 2:]) & (inner < THRESHOLD)
    dips[..., : shortest - 1] = False
    deepest = inner[..., shortest - 1 :].argmin(-1) + shortest - 1
    lag = 1 + torch.where(dips.any(-1), dips.int().argmax(-1), deepest)
    before, here, after = (
        difference.gather(-1, (lag + step)[..., None]).squeeze(-1) for step in (-1, 0, 1)
    )
    bend = before - 2 * here + after
    offset = torch.where(bend > 0, (before - after) / (2 * bend), 0.0).clamp(-1, 1)
    return lag + offset, normalised.gather(-1, lag[..., None]).squeeze(-1).clamp(max=1)


def frequency_of(x: Tensor, rate: int) -> Tensor:
    """Return one fundamental frequency ``[B]`` in Hz for each waveform ``[B, 1, T]``.

    It is the median of the frames that are heard and pitched. NaN where the sound is silent, or
    fewer than half of what is heard has a pitch.
    """
    found = yin(x, rate)
    pitched = found.heard & (found.aperiodicity < THRESHOLD)
    enough = (2 * pitched.sum(1) >= found.heard.sum(1)) & ~is_silent(x)
    frequency = found.frequency.masked_fill(~pitched, torch.nan).nanmedian(1).values
    return frequency.masked_fill(~enough, torch.nan)


def nearest_pitch(x: Tensor, rate: int, known: Tensor) -> Tensor:
    """Return which of some MIDI note numbers ``[P]`` is nearest to each waveform's, ``[B]``.

    It is -1, no pitch, for a waveform without one, or the first where all of them are pitches.
    """
    midi = 69 + 12 * (frequency_of(x, rate) / 440).log2()
    distance = (midi[:, None] - known).abs().masked_fill(known < 0, torch.inf)
    found = known[distance.nan_to_num(torch.inf).argmin(1)]
    return torch.where(midi.isnan() & (known < 0).any(), -1, found)


def periodicity(x: Tensor, rate: int) -> Tensor:
    """Return how periodic waveforms ``[B, 1, T]`` are, ``[B]``: 1 of a tone, near 0 of noise.

    It is one less the mean aperiodicity of the frames that are heard; NaN where it is silent.
    """
    found = yin(x, rate)
    mean = found.aperiodicity.masked_fill(~found.heard, torch.nan).nanmean(1)
    return (1 - mean).masked_fill(is_silent(x), torch.nan)


def pitch_accuracy(x: Tensor, rate: int, midi: Tensor) -> float:
    """Return the share of sounds within a quarter tone of the pitch they were made for.

    Another octave is wrong, and so is a sound without a pitch. Pitches outside what :func:`yin`
    looks for are not counted.

    Args:
        x: Waveforms ``[B, 1, T]``.
        rate: Sample rate in Hz.
        midi: MIDI note numbers ``[B]`` (A4 is 69); below 0 where no pitch was asked for.

    Returns:
        NaN where no pitch was asked for.
    """
    wanted = 440 * 2 ** ((midi.double() - 69) / 12)
    asked = (midi >= 0) & (wanted >= LOW) & (wanted <= min(HIGH, 0.4 * rate))
    if not bool(asked.any()):
        return torch.nan
    error = 12 * (frequency_of(x[asked], rate) / wanted[asked]).log2().abs()
    return float((error <= QUARTER_TONE).double().mean())
