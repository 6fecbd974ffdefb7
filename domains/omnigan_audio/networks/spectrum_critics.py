"""Critics of spectrograms."""

from __future__ import annotations

from math import log

import torch
from torch import Tensor, nn

from omnigan_audio.networks.blocks import doubling
from omnigan_audio.networks.conditions import Given
from omnigan_audio.networks.critic import Critic, keep_scale
from omnigan_audio.networks.harmonics import comb
from omnigan_audio.spectra import check_bands, frames_of, mel_filters, sizes_for, stft

__all__ = ["LevelCritic", "ResolutionCritic", "windows_for"]

Size = tuple[int, int]
"""Frequencies and frames."""
Sides = tuple[bool, bool]
COARSEST = 4
"""A side of a spectrogram is halved as long as it stays at least as long."""


class LevelCritic(Critic):
    """Waveforms ``[B, 1, L]`` to logits ``[B]`` by their spectrograms' levels in decibels.

    The layers are those of DCGAN's critic without norm (Radford et al. 2016).

    Args:
        length: Samples.
        rate: Sample rate in Hz.
        width: Channels after the first convolution.
        floor: Level in dB of a full-scale sine at which hearing ends. Around silence the slope of
            the level is that at the floor, so it has all derivatives everywhere.
        bands: Mel bands; 0: the frequencies as they are.
        given: What it is told besides.
        harmonics: Beside the levels lies where the harmonics of a pitch are. The logits then see at
            which places something fits its condition, since what a pitch is lies in the places.

    Raises:
        UserError: There are more bands than the window can tell apart.
    """

    def __init__(
        self,
        length: int,
        rate: int,
        *,
        width: int,
        floor: float,
        bands: int,
        given: Given,
        harmonics: bool = False,
    ) -> None:
        usual, hop = sizes_for(rate)
        window, hop = _fitting(usual, hop, length)
        bands = bands * window // usual
        if bands:
            check_bands(rate, window, bands)
        size = (bands or window // 2 + 1, frames_of(length, hop))
        stages = _halvings(size)
        shown = harmonics and given.pitched
        channels = [1 + shown, *doubling(width, len(stages))[::-1]]
        layers = []
        for a, b, halved in zip(channels[:-1], channels[1:], stages, strict=True):
            kernel, stride = _conv_sizes(halved)
            layers.append(nn.Sequential(nn.Conv2d(a, b, kernel, stride, 1), nn.LeakyReLU(0.2)))
            size = _smaller(size, halved)
        logit = nn.Sequential(nn.Flatten(), nn.Linear(channels[-1] * size[0] * size[1], 1))
        places = size[0] * size[1] if shown else 1
        super().__init__(layers, logit, channels[-1], given, places)
        self.rate, self.bands, self.harmonics = rate, bands, shown
        self.window, self.hop = window, hop
        self.floor = 10 ** (floor / 20)
        keep_scale(self)

    def look(self, x: Tensor, pitch: Tensor | None = None) -> Tensor:
        """Return levels ``[B, 1, F, frames]``: -1 at the floor or below, 1 for a loud sine.

        Where harmonics are shown, there are two maps, and the second one says where they are.
        """
        spectrum = stft(x, self.window, self.hop) / (self.window / 4)  # a full-scale sine has 1
        power = self._banded(spectrum.real.square() + spectrum.imag.square())
        nepers = 0.5 * (power / self.floor**2 + 1).log()
        levels = (2 / log(1 / self.floor) * nepers - 1).unsqueeze(1)
        if not self.harmonics or pitch is None:
            return levels
        near = comb(pitch, self.rate, self.window, self.window // 2 + 1).to(power)
        shown = 2 * self._banded(near.unsqueeze(2)) - 1
        return torch.cat([levels, shown.unsqueeze(1).expand_as(levels)], 1)

    def _banded(self, power: Tensor) -> Tensor:
        """Return means ``[B, bands, frames]`` of ``[B, F, frames]``, or these without bands."""
        if not self.bands:
            return power
        filters = mel_filters(self.rate, self.window, self.bands).to(power)
        with torch.autocast(power.device.type, enabled=False):
            return (filters / filters.sum(0).clamp(min=1e-8)).mT @ power


def _fitting(window: int, hop: int, length: int) -> tuple[int, int]:
    """Shorten a window of an example that is shorter than it."""
    while window > max(length, 16):
        window, hop = window // 2, hop // 2
    return window, hop


def _halvings(size: Size) -> list[Sides]:
    """Return which sides each convolution halves; there is at least one convolution."""
    stages: list[Sides] = []
    while not stages or max(size) >= 2 * COARSEST:
        halved = (size[0] >= 2 * COARSEST, size[1] >= 2 * COARSEST)
        stages.append(halved)
        size = _smaller(size, halved)
    return stages


def _smaller(size: Size, halved: Sides) -> Size:
    return size[0] >> halved[0], size[1] >> halved[1]


def _conv_sizes(halved: Sides) -> tuple[Size, Size]:
    """Return the kernel and the stride of a convolution with a padding of one."""
    return (3 + halved[0], 3 + halved[1]), (1 + halved[0], 1 + halved[1])


def windows_for(rate: int, length: int) -> list[tuple[int, int]]:
    """Return the windows and hops of three resolutions, in samples: 64, 32 and 16 ms or more.

    Windows longer than an example are left out, but for the shortest.
    """
    window, hop = sizes_for(rate)
    sizes = [(2 * window, 2 * hop), (window, hop), (window // 2, hop // 2)]
    fitting = [size for size in sizes if size[0] <= length]
    return fitting or [_fitting(*sizes[-1], length)]


class ResolutionCritic(Critic):
    """Waveforms ``[B, 1, L]`` to logits ``[B, n]`` by real and imaginary parts of their spectra.

    Convolutions over frequency and time, with growing steps between frames, at the places of one
    resolution (the complex STFT discriminator of Defossez et al. 2022).

    Args:
        window: Samples in a window.
        hop: Samples between two windows.
        width: Channels of every layer.
        given: What it is told besides.
    """

    def __init__(self, window: int, hop: int, width: int, given: Given) -> None:
        convs = [
            nn.Conv2d(2, width, (9, 3), (2, 1), (4, 1)),
            *(
                nn.Conv2d(width, width, (9, 3), (2, 1), (4, dilation), (1, dilation))
                for dilation in (1, 2, 4)
            ),
            nn.Conv2d(width, width, 3, padding=1),
        ]
        layers = [nn.Sequential(conv, nn.LeakyReLU(0.2)) for conv in convs]
        super().__init__(layers, nn.Conv2d(width, 1, 3, padding=1), width, given)
        self.window, self.hop = window, hop
        keep_scale(self)

    def look(self, x: Tensor, pitch: Tensor | None = None) -> Tensor:
        """Return spectra ``[B, 2, F, frames]`` in which white noise keeps its level."""
        spectrum = stft(x, self.window, self.hop) / (self.window * 3 / 8) ** 0.5
        return torch.view_as_real(spectrum).movedim(3, 1)
