"""What a vocoder needs besides its network: mel spectrograms as conditions, and its losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from omnigan.domain import Batch, BatchSource, Judgement, Judgements
from omnigan_audio.metrics.paired import mel_difference, stft_error
from omnigan_audio.networks.critics import Critics
from omnigan_audio.spectra import log_mel, sizes_for

__all__ = ["Mel", "MelSource", "VocoderCritics", "feature_gap", "mel_gap", "vocoder_terms"]

SIZES = [(32 << n, 5 << n) for n in range(7)]
"""Windows in samples and bands of the mel loss."""


@dataclass(frozen=True)
class Mel:
    """How a waveform becomes the spectrogram that a vocoder is given.

    Attributes:
        rate: Of the waveform, in Hz.
        bands: Mel bands.
    """

    rate: int
    bands: int

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return sizes_for(self.rate)[1]

    def of(self, x: Tensor) -> Tensor:
        """Return log-mel spectrograms ``[B, bands, T // hop + 1]`` of waveforms ``[B, 1, T]``."""
        with torch.no_grad():
            return log_mel(x, self.rate, *sizes_for(self.rate), self.bands)


@dataclass(frozen=True)
class MelSource:
    """Waveforms, each with its mel spectrogram as condition.

    Attributes:
        waves: Where the waveforms come from.
        mel: How they become spectrograms.
    """

    waves: BatchSource
    mel: Mel

    def __len__(self) -> int:
        return len(self.waves)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        x = self.waves.read(index, rng).x
        return Batch(x, {"mel": self.mel.of(x.unsqueeze(0)).squeeze(0)})

    def read_batch(self, indices: Sequence[int], rng: torch.Generator) -> Batch:
        x = self.waves.read_batch(indices, rng).x
        return Batch(x, {"mel": self.mel.of(x)})

    def resident(self, device: torch.device) -> MelSource:
        return MelSource(self.waves.resident(device), self.mel)


def vocoder_terms(
    generated: Tensor, real: Batch, judged: Judgements, rate: int
) -> dict[str, Tensor]:
    """Return the losses that compare each generated waveform with the one it should be.

    They are those of HiFi-GAN (Kong et al. 2020), with the mel loss at several resolutions (Kumar
    et al. 2023), and the multi-resolution STFT loss (Yamamoto et al. 2020): between the harmonics
    of a tone mel bands hear nothing.

    Args:
        generated: Waveforms ``[B, 1, T]``.
        real: What they should be.
        judged: What the critics made of both.
        rate: In Hz.
    """
    return {
        "mel": mel_gap(generated, real.x, rate),
        "stft": stft_error(generated, real.x, rate).mean(),
        "features": feature_gap(judged),
    }


def mel_gap(x: Tensor, y: Tensor, rate: int) -> Tensor:
    """Return the mean absolute difference of log-mel spectrograms, over several resolutions.

    Windows double from 32 to 2,048 samples, as long as the waveforms are longer; so do the bands,
    from 5 on.

    Args:
        x: Waveforms ``[B, 1, T]``.
        y: The same shape.
        rate: In Hz.
    """
    sizes = [size for size in SIZES if size[0] <= x.shape[-1]]
    return mel_difference(x, y, rate, sizes).mean()


def feature_gap(judged: Judgements) -> Tensor:
    """Return the mean absolute difference of the critics' features (Larsen et al. 2016)."""
    if judged.real is None or not judged.generated.features:
        return judged.generated.logits[0].new_zeros(())
    gaps = [
        (made - wanted.detach()).abs().mean()
        for made, wanted in zip(judged.generated.features, judged.real.features, strict=True)
    ]
    return torch.stack(gaps).mean()


class VocoderCritics(nn.Module):
    """Critics of waveforms that hand over their features; they do not look at the spectrogram.

    Args:
        critics: They.
    """

    def __init__(self, critics: Critics) -> None:
        super().__init__()
        self.critics = critics

    def forward(self, x: Tensor, mel: Tensor) -> Judgement:
        """Return what the critics make of waveforms ``[B, 1, T]``."""
        return self.critics.judge(x)
