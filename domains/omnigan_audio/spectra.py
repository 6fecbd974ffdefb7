"""Short-time Fourier transforms and mel spectrograms, differentiable twice, on any device.

All of them compute in float32 (or float64, where that is what comes in), also under autocast: in 16
bits a magnitude loses its quiet half.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import cast

import torch
from torch import Tensor
from torch.nn.functional import fold, pad

from omnigan.errors import UserError
from omnigan_audio.torchaudio_loading import torchaudio_module

__all__ = [
    "check_bands",
    "frames_of",
    "istft",
    "log_mel",
    "log_mel_of",
    "mel_filters",
    "sizes_for",
    "stft",
]

QUIETEST = 1e-5
"""Mel magnitudes below this count as this, as is usual for vocoders (Kong et al. 2020)."""
LEAST_POWER = 1e-18
"""Keeps the slope of a magnitude finite at digital silence."""
MILLISECONDS = 32
"""A window of a spectrogram is no shorter than this."""


def sizes_for(rate: int) -> tuple[int, int]:
    """Return the window and the hop, in samples, that suit a sample rate in Hz.

    The window is the smallest power of two that lasts at least 32 milliseconds, the hop a quarter
    of it: 256 and 64 at 8 kHz, 512 and 128 at 16 kHz, 1024 and 256 from 22.05 to 32 kHz, 2048 and
    512 at 44.1 and 48 kHz.
    """
    samples = max(-(-MILLISECONDS * rate // 1000), 16)
    window = 1 << (samples - 1).bit_length()
    return window, window // 4


def frames_of(length: int, hop: int) -> int:
    """Return how many frames :func:`stft` makes of so many samples."""
    return length // hop + 1


def stft(x: Tensor, window: int, hop: int) -> Tensor:
    """Return the complex short-time Fourier transform ``[B, window // 2 + 1, frames]``.

    The window is a periodic Hann window. Frame ``t`` is centred on sample ``t * hop``; what lies
    outside the sound is its reflection. There are ``T // hop + 1`` frames.

    Args:
        x: Waveforms ``[B, 1, T]``, longer than half a window.
        window: Samples in a window, even.
        hop: Samples between two windows.
    """
    x = _precise(x)
    half = window // 2
    frames = pad(x, (half, half), mode="reflect").squeeze(1).unfold(-1, window, hop)
    spectrum: Tensor = torch.fft.rfft(frames * _hann(window, x)).mT
    return spectrum


def istft(spectrum: Tensor, window: int, hop: int, length: int) -> Tensor:
    """Return the waveforms ``[B, 1, length]`` whose transform is nearest to a given one.

    It is the least-squares inverse of Griffin and Lim (1984), and the exact one of what
    :func:`stft` gives with the same window and hop.

    Args:
        spectrum: Complex, ``[B, window // 2 + 1, frames]``.
        window: Samples in a window, even.
        hop: Samples between two windows, at most half a window.
        length: Samples to return, at most ``(frames - 1) * hop + window // 2``.
    """
    frames = torch.fft.irfft(spectrum.transpose(1, 2), window).transpose(1, 2)
    hann = _hann(window, frames)
    weights = hann.square()[None, :, None].expand(1, window, frames.shape[2])
    half = window // 2
    kept = slice(half, half + length)
    sound = _overlapped(frames * hann[:, None], window, hop)
    return sound[..., kept] / _overlapped(weights, window, hop)[..., kept]


def _overlapped(frames: Tensor, window: int, hop: int) -> Tensor:
    """Lay frames ``[B, window, frames]`` over each other; returns ``[B, 1, T]``."""
    length = (frames.shape[2] - 1) * hop + window
    return fold(frames, (1, length), (1, window), stride=(1, hop)).squeeze(2)


def _hann(window: int, like: Tensor) -> Tensor:
    return torch.hann_window(window, periodic=True, dtype=like.dtype, device=like.device)


def _precise(x: Tensor) -> Tensor:
    return x if x.dtype == torch.float64 else x.float()


@lru_cache(maxsize=32)
def _filters(rate: int, window: int, bands: int, low: float, high: float) -> Tensor:
    # What is kept must be an ordinary tensor whatever the mode of the first who asks for it.
    with torch.inference_mode(False), torch.device("cpu"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of empty filters; see check_bands
        made = torchaudio_module().functional.melscale_fbanks(
            window // 2 + 1, low, high, bands, rate, norm="slaney", mel_scale="slaney"
        )
    return cast(Tensor, made)


def mel_filters(
    rate: int, window: int, bands: int, low: float = 0.0, high: float | None = None
) -> Tensor:
    """Return triangular filters ``[window // 2 + 1, bands]`` on the Slaney mel scale.

    Each has the same area; those of more bands than a short window tells apart may be empty. Do not
    write into the tensor: it is kept for the next call.

    Args:
        rate: Sample rate in Hz.
        window: Samples in a window of the spectrogram.
        bands: Number of filters.
        low: Lower edge of the first filter in Hz.
        high: Upper edge of the last in Hz; None: half the sample rate.
    """
    return _filters(rate, window, bands, low, rate / 2 if high is None else high)


def check_bands(rate: int, window: int, bands: int) -> None:
    """Refuse more mel bands than a window tells apart; the arguments are those of mel_filters.

    Raises:
        UserError: A band would hold no frequency.
    """
    if not mel_filters(rate, window, bands).any(0).all():
        raise UserError(
            f"{bands} mel bands are too many for windows of {window} samples at {rate} Hz: some "
            "would hold no frequency. Use fewer bands, or a longer window."
        )


def log_mel(x: Tensor, rate: int, window: int, hop: int, bands: int) -> Tensor:
    """Return the natural logarithm of the mel magnitudes, ``[B, bands, frames]``.

    Args:
        x: Waveforms ``[B, 1, T]``.
        rate: Sample rate in Hz.
        window: Samples in a window; see :func:`stft`.
        hop: Samples between two windows.
        bands: Number of mel bands.
    """
    return log_mel_of(stft(x, window, hop), mel_filters(rate, window, bands))


def log_mel_of(spectrum: Tensor, filters: Tensor) -> Tensor:
    """Return what :func:`log_mel` does, of what :func:`stft` and :func:`mel_filters` return."""
    power = spectrum.real.square() + spectrum.imag.square()
    filters = filters.to(power)
    with torch.autocast(power.device.type, enabled=False):
        mel = filters.mT @ (power + LEAST_POWER).sqrt()
    return mel.clamp(min=QUIETEST).log()
