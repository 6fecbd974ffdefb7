"""How far a sound is from the one that it should be, for vocoders."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from omnigan_audio.spectra import log_mel, sizes_for, stft

__all__ = [
    "mel_difference",
    "mel_error",
    "resolutions",
    "si_sdr",
    "spectral_convergence",
    "stft_error",
]

_LEAST = 1e-4  # of a magnitude, for logarithms
_BANDS = (20, 40, 80)
_EMPTY = 1e-12


def resolutions(rate: int) -> list[tuple[int, int]]:
    """Return three windows with their hops, in samples: half, once and twice the usual window."""
    usual, _ = sizes_for(rate)
    return [(window, window // 4) for window in (usual // 2, usual, 2 * usual)]


def _magnitudes(x: Tensor, window: int, hop: int) -> Tensor:
    x = pad(x, (0, max(0, window - x.shape[-1])))
    spectrum = stft(x, window, hop)
    return (spectrum.real.square() + spectrum.imag.square()).clamp(min=_LEAST**2).sqrt()


def _convergence(x: Tensor, y: Tensor) -> Tensor:
    ratio: Tensor = torch.linalg.matrix_norm(x - y) / torch.linalg.matrix_norm(y)
    return ratio


def spectral_convergence(x: Tensor, y: Tensor, rate: int) -> Tensor:
    """Return ``|| |X| - |Y| || / || |Y| ||`` (Frobenius) of the usual spectrogram, ``[B]``.

    Arik et al. (2019), "Fast spectrogram inversion using multi-head convolutional neural networks".

    Args:
        x: Waveforms ``[B, 1, T]``.
        y: What they should be, ``[B, 1, T]``.
        rate: Sample rate in Hz.
    """
    x, y = (_magnitudes(each, *sizes_for(rate)) for each in (x, y))
    return _convergence(x, y)


def stft_error(x: Tensor, y: Tensor, rate: int) -> Tensor:
    """Return the multi-resolution STFT error ``[B]`` of Yamamoto et al. (2020).

    It is spectral convergence plus the mean absolute difference of the natural logarithms of
    magnitudes, averaged over three resolutions; see :func:`resolutions`, and
    :func:`spectral_convergence` for the arguments.
    """
    errors = []
    for window, hop in resolutions(rate):
        made, real = (_magnitudes(each, window, hop) for each in (x, y))
        errors.append(_convergence(made, real) + (made.log() - real.log()).abs().mean((1, 2)))
    return torch.stack(errors).mean(0)


def mel_error(x: Tensor, y: Tensor, rate: int) -> Tensor:
    """Return the mean absolute difference of log-mel spectrograms ``[B]``, in nats.

    Averaged over three resolutions with 20, 40 and 80 bands; 1 nat is 8.7 dB. See
    :func:`spectral_convergence` for the arguments.
    """
    windows = [window for window, _ in resolutions(rate)]
    return mel_difference(x, y, rate, list(zip(windows, _BANDS, strict=True)))


def mel_difference(x: Tensor, y: Tensor, rate: int, sizes: Sequence[tuple[int, int]]) -> Tensor:
    """Return the mean absolute difference of log-mel spectrograms ``[B]``, in nats.

    Args:
        x: Waveforms ``[B, 1, T]``; short ones are followed by silence.
        y: What they should be, ``[B, 1, T]``.
        rate: Sample rate in Hz.
        sizes: Windows in samples, with their bands; the hop is a quarter of a window.
    """
    errors = []
    for window, bands in sizes:
        short = max(0, window - x.shape[-1])
        made, real = (
            log_mel(pad(each, (0, short)), rate, window, window // 4, bands) for each in (x, y)
        )
        errors.append((made - real).abs().mean((1, 2)))
    return torch.stack(errors).mean(0)


def si_sdr(x: Tensor, y: Tensor) -> Tensor:
    """Return the scale-invariant signal-to-distortion ratio ``[B]`` in dB, means removed.

    Le Roux et al. (2019), "SDR - half-baked or well done?". It compares phases, too, so that a
    good vocoder may have a bad one.

    Args:
        x: Waveforms ``[B, 1, T]``.
        y: What they should be, ``[B, 1, T]``.
    """
    x, y = ((each - each.mean(2, keepdim=True)).double().squeeze(1) for each in (x, y))
    scale = (x * y).sum(1, keepdim=True) / y.square().sum(1, keepdim=True).clamp(min=_EMPTY)
    target = scale * y
    noise = (x - target).square().sum(1).clamp(min=_EMPTY)
    return 10 * (target.square().sum(1).clamp(min=_EMPTY) / noise).log10()
