"""What a program needs to know to use a generator of sounds without this package."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from omnigan.domain import Draw, Standalone
from omnigan_audio.networks.config import Generator
from omnigan_audio.spectra import sizes_for
from omnigan_audio.vocoder import Mel

__all__ = ["sounds_from_latents", "sounds_from_mels"]

WRITER = "omnigan_audio.sound_file"
TRIED = 4
"""Sounds that an exported vocoder is tried on."""


def sounds_from_latents(
    rate: int, options: Generator, pitches: Sequence[Sequence[int]] | None
) -> Standalone:
    """Return it for a generator with a latent vector.

    Args:
        rate: In Hz.
        options: The recipe's section.
        pitches: Those that occur with each label; None where networks are given no pitch.
    """
    draws = {"z": Draw(options.latent)}
    if pitches is not None:
        draws["pitch"] = Draw("choice", values=pitches)
    return Standalone(draws, {"kind": "waveform", "rate": rate}, WRITER)


def sounds_from_mels(mel: Mel, samples: int) -> Standalone:
    """Return it for a vocoder.

    Args:
        mel: Its spectrograms.
        samples: Of the sounds that it was trained on.
    """
    window, hop = sizes_for(mel.rate)
    about = {
        "what": "log-mel spectrogram",
        "rate": mel.rate,
        "window": window,
        "hop": hop,
        "bands": mel.bands,
        "least_frames": window // hop + 2,
    }
    given = Draw(
        "given",
        about=about,
        example=mel.of(_tones(mel.rate, samples)),
        axes={2: "frames"},
        reader="omnigan_audio.mel_file",
    )
    return Standalone({"mel": given}, {"kind": "waveform", "rate": mel.rate}, WRITER)


def _tones(rate: int, samples: int) -> Tensor:
    """Return sounds ``[4, 1, T]`` with harmonics that glide and fade, and some noise."""
    time = torch.arange(samples) / rate
    pitch = torch.tensor([80.0, 150.0, 290.0, 560.0])[:TRIED, None]
    phase = 2 * torch.pi * pitch * (time + 0.3 * time.square())
    harmonics = torch.stack([(phase * n).sin() / n for n in range(1, 6)]).sum(0)
    noise = torch.randn(TRIED, samples, generator=torch.Generator().manual_seed(0))
    return ((0.2 * harmonics + 0.02 * noise) * (-3 * time).exp()).unsqueeze(1)
