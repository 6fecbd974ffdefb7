"""Spectrograms by 2-D convolutions, for sounds of one length that all start at their attack.

Levels and instantaneous frequencies are pictures that a DCGAN learns quickly (Engel et al. 2019).
What is noise in a sound has no frequency worth learning: for each place of the spectrogram the
network says how much of it is noise, and takes that share from the spectrogram of given noise.
Where it is told a pitch, tones can come from the spectrogram of all its harmonics in the same way:
the network filters what an oscillator plays, as in Engel et al. 2020.
"""

from __future__ import annotations

from itertools import pairwise
from math import pi

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from omnigan.upsampling import begin_by_interpolating
from omnigan_audio.networks.blocks import Code, doubling, soft_limit
from omnigan_audio.networks.conditions import ConditionalNorm, Given
from omnigan_audio.networks.harmonics import harmonics
from omnigan_audio.networks.synthesis import levels_of, magnitudes, turning
from omnigan_audio.spectra import istft, stft

__all__ = ["SpectralGenerator"]

PUBLISHED = 0.02
"""Standard deviation of fresh weights in networks with batch normalisation."""
COARSEST = (8, 4)
"""Rows (frequencies) and columns (frames) of the first maps, or more."""
SUREST = 20.0
"""Beyond this logit a sound is noise, or is not, for all that can be heard."""
LEAST_SPREAD = 0.5
"""A level that hardly differs between examples may still differ so much, in nepers."""


def _doublings(bins: int, frames: int) -> list[tuple[bool, bool]]:
    """Return which side each stage doubles, coarsest first; the finest stages double both."""
    rows = max((bins // COARSEST[0]).bit_length() - 1, 1)
    columns = min(max(frames // COARSEST[1], 1).bit_length() - 1, rows)
    return [(True, stage >= rows - columns) for stage in range(rows)]


def _up(channels: int, out: int, both: bool) -> nn.ConvTranspose2d:
    """Return a layer that doubles the rows, and where wanted the columns."""
    kernel, stride = (4, 4 if both else 3), (2, 2 if both else 1)
    up = nn.ConvTranspose2d(channels, out, kernel, stride, 1, bias=False)
    return begin_by_interpolating(up, PUBLISHED)


class SpectralGenerator(nn.Module):
    """Latent vectors and noise to waveforms ``[B, 1, L]`` in [-1, 1].

    Phases are sums of the instantaneous frequencies so far. The highest frequency, half the sample
    rate, stays silent, and the frames that would be centred on or behind the end are left out, so
    that maps have the sides of a DCGAN; where the end needs one, it is as the last.

    Args:
        length: Samples, more than half a window.
        window: Samples in a window, a power of two.
        hop: Samples between two windows.
        width: Channels before the last convolution.
        z: Size of the latent vector.
        given: What it is told besides.
        rate: Sample rate in Hz, where tones are the harmonics of a pitch; None: of frequencies that
            are learnt.
    """

    def __init__(
        self,
        length: int,
        *,
        window: int,
        hop: int,
        width: int,
        z: int,
        given: Given,
        rate: int | None = None,
    ) -> None:
        super().__init__()
        self.length, self.window, self.hop = length, window, hop
        self.rate = rate if given.pitched else None
        self.bins, self.frames = window // 2, -(-length // hop)
        # Of windows that overlap by a half, the last one's tail alone would be the end of a sound.
        self.more = 1 if 2 * hop >= window else 0
        stages = _doublings(self.bins, self.frames)
        channels = [*doubling(width, len(stages)), 3]
        columns = sum(double for _, double in stages)
        self.coarsest = (channels[0], self.bins >> len(stages), -(-self.frames // 2**columns))
        self.code = Code(z, given)
        first, rows, wide = self.coarsest
        self.base = nn.Linear(z, first * rows * wide, bias=False)
        self.norms = nn.ModuleList(ConditionalNorm(c, given) for c in channels[:-1])
        self.ups = nn.ModuleList(
            _up(a, b, both) for (a, b), (_, both) in zip(pairwise(channels), stages, strict=True)
        )
        self.level = nn.Parameter(torch.full((self.bins, self.frames), -4.0))
        self.spread = nn.Parameter(torch.ones(self.bins, self.frames))
        nn.init.normal_(self.base.weight, std=PUBLISHED)

    def forward(
        self, z: Tensor, noise: Tensor, label: Tensor | None = None, pitch: Tensor | None = None
    ) -> Tensor:
        """Return waveforms.

        Args:
            z: ``[B, z]``.
            noise: White noise ``[B, 1, L]``, as long as the sound.
            label: ``[B]`` integers where the network has labels.
            pitch: ``[B]`` MIDI note numbers where the network is pitched.
        """
        maps = self.base(self.code(z, label, pitch)).view(z.shape[0], *self.coarsest)
        for norm, up in zip(self.norms, self.ups, strict=True):
            maps = up(norm(maps, label, pitch).relu())
        level, frequency, noisy = maps[..., : self.frames].float().unbind(1)
        size = magnitudes(self.level + self.spread * level, self.window)
        size, frequency, noisy = (
            pad(x, (0, self.more), "replicate") for x in (size, frequency, noisy)
        )
        # Whole turns change nothing; without them, sums have more digits behind the point.
        frequency = frequency - 2 * (frequency / 2).round()
        phase = pi * frequency.cumsum(2)
        noisy = noisy.clamp(-SUREST, SUREST)
        tone, hiss = size * (-noisy).sigmoid().sqrt(), size * noisy.sigmoid().sqrt()
        white = self._white(noise)
        cos, sin = self._sines(phase, pitch)
        real = pad(tone * cos + hiss * white.real, (0, 0, 0, 1))
        imaginary = pad(tone * sin + hiss * white.imag, (0, 0, 0, 1))
        spectrum = torch.complex(real, imaginary)
        return soft_limit(istft(spectrum, self.window, self.hop, self.length))

    def _sines(self, phase: Tensor, pitch: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return real and imaginary parts of what sounds where levels are 1, both like phase.

        Args:
            phase: ``[B, bins, frames]``, added to the phases of sines at the bins' centres, or to
                those of the pitch's harmonics.
            pitch: MIDI note numbers ``[B]``; below 0 where there is none.
        """
        free = turning(phase, self.window, self.hop)
        if pitch is None or self.rate is None:
            phase = phase + free
            return phase.cos(), phase.sin()
        size = phase.shape[1], phase.shape[2]
        real, imaginary = harmonics(pitch, self.rate, self.window, self.hop, size)
        none = (pitch < 0)[:, None, None]
        real = torch.where(none, free.cos(), real)
        imaginary = torch.where(none, free.sin(), imaginary)
        cos, sin = phase.cos(), phase.sin()
        return real * cos - imaginary * sin, real * sin + imaginary * cos

    def _white(self, noise: Tensor) -> Tensor:
        """Return the spectrum of white noise, with a power of 1 in the mean."""
        noise = pad(noise, (0, self.more * self.hop), "reflect")
        spectrum = stft(noise, self.window, self.hop)[:, : self.bins, : self.frames + self.more]
        power = self.window * 3 / 8  # the sum of the squared Hann window
        white: Tensor = spectrum / power**0.5
        return white

    @torch.no_grad()
    def start_from(self, examples: Tensor) -> None:
        """Let a fresh network's levels have mean and spread of those of examples ``[N, 1, L]``."""
        levels = levels_of(examples, self.window, self.hop)[:, : self.bins, : self.frames]
        self.level.copy_(levels.mean(0))
        self.spread.copy_(levels.std(0, correction=0).clamp(min=LEAST_SPREAD))
