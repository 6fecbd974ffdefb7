"""From a mel spectrogram to sound without any training: the baseline of a vocoder."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from omnigan_audio.torchaudio_loading import torchaudio_module

__all__ = ["griffin_lim"]


def griffin_lim(
    mel: Tensor, rate: int, window: int, hop: int, length: int, *, rounds: int = 32, seed: int = 0
) -> Tensor:
    """Return waveforms ``[B, 1, length]`` whose log-mel spectrograms are near to given ones.

    Magnitudes of each frequency are found by least squares, and phases by the fast algorithm of
    Griffin and Lim (1984; Perraudin et al. 2013) as torchaudio has it.

    Args:
        mel: ``[B, bands, frames]`` as :func:`omnigan_audio.spectra.log_mel` returns.
        rate: Sample rate in Hz.
        window: Samples in a window.
        hop: Samples between two windows.
        length: Samples to return.
        rounds: Of the search for phases.
        seed: Of the first phases.
    """
    transforms = torchaudio_module().transforms
    to_magnitude = transforms.InverseMelScale(
        window // 2 + 1, mel.shape[1], rate, norm="slaney", mel_scale="slaney"
    )
    to_sound = transforms.GriffinLim(window, rounds, hop_length=hop, power=1.0, length=length)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        sound = to_sound(to_magnitude(mel.float().exp()))
    return cast(Tensor, sound)[:, None]
