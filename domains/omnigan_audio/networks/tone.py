"""A tone with the pitch that a mel spectrogram shows, for vocoders to take phases from."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, log2, pi

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, normalize, pad

from omnigan_audio.spectra import mel_filters, stft

__all__ = ["Tone"]

HIGHEST = 1100.0
"""Highest pitch in Hz; the lowest is two bins, whose harmonics a spectrogram tells apart."""
STEPS = 48
"""Pitches that are compared with a spectrogram, in an octave."""
FINER = 16
"""Pitches in such a step; 1.6 cents are between two of them."""
SMOOTH = 15
"""Bands over which levels are smoothed to find out what stands out of them."""
UNSURE, SURE = 0.2, 0.6
"""How much a spectrogram resembles a tone's where there is none of it, and nothing else."""
TURN = 1 << 24
"""Parts of a turn. Phases are whole numbers of them, which add up to the same in every runtime and
however long a sound is; of fractions, the rounding errors would grow with each harmonic."""
BREATH = 0.1
"""Share of noise in a sure tone's lowest frequencies; in the highest there is as much as tone."""
LEAST = 0.3
"""What stands out less than this, in nepers over all bands, is no pitch."""


class Tone(nn.Module):
    """Mel spectrograms to the spectrum of pulses at their pitch, as a throat or a string makes.

    The harmonics of a tone keep step with each other. A network that says the frequencies of single
    places lets them drift apart, and the mel loss does not tell it how they should stand to each
    other; from one pitch, they cannot. It is the source of source-filter models (Wang et al. 2019),
    without any weight: the pitch is the one whose tone's spectrogram resembles the given one most,
    and the filter's phases are the least that go with its levels (Oppenheim and Schafer 1975).

    Args:
        rate: Sample rate in Hz.
        window: Samples in a window.
        bands: Mel bands.
    """

    tones: Tensor
    speeds: Tensor
    least_phase: Tensor
    noise: Tensor

    def __init__(self, rate: int, window: int, bands: int) -> None:
        super().__init__()
        self.rate, self.window, self.hop = rate, window, window // 4
        self.register_buffer("tones", _shapes(rate, window, bands).clone(), persistent=False)
        self.register_buffer("speeds", _speeds(rate, window), persistent=False)
        self.register_buffer("least_phase", _least_phase(window), persistent=False)
        noise = BREATH + torch.linspace(0, 1, window // 2 + 1).square()
        self.register_buffer("noise", noise[:, None], persistent=False)

    def forward(self, mel: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """Return a tone's spectrum, and how much noise goes with it.

        Args:
            mel: Log-mel spectrograms ``[B, bands, frames]``.
            level: Levels of single frequencies ``[B, bins, frames]``, in nepers.

        Returns:
            Complex ``[B, bins, frames]`` and ``[B, bins, frames]``, both at the scale of noise with
            a mean square of 1.
        """
        with torch.autocast(mel.device.type, enabled=False):  # in 16 bits pitches are too coarse
            speed, sure = self.pitch(mel.float())
            turn = self.least_phase @ level.float()
        pulses = stft(self._pulses(speed).unsqueeze(1), self.window, self.hop)
        scale = (sure / (self.window * 3 / 8) ** 0.5).unsqueeze(1)
        tone = pulses * torch.polar(scale.expand_as(turn), turn)
        share = sure.unsqueeze(1)
        return tone, share * self.noise + 1 - share

    def pitch(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Return the pitch of each frame and how sure it is, 0 to 1; ``[B, frames]``.

        The first is whole, in parts of a turn that a sample takes: ``TURN / rate`` for 1 Hz.
        """
        seen = _outstanding(mel.mT)
        alike = (seen @ self.tones.mT) / (seen.norm(dim=2, keepdim=True) + LEAST)
        nearby = pad(alike.mT, (1, 1), mode="replicate")  # a pitch outlasts a frame
        alike = (nearby[..., :-2] + 2 * nearby[..., 1:-1] + nearby[..., 2:]).mT / 4
        best, place = alike.max(2)
        place = place.clamp(1, len(self.tones) - 2)
        below, at, above = (
            alike.gather(2, (place + step).unsqueeze(2)).squeeze(2) for step in (-1, 0, 1)
        )
        bend = (2 * (below - 2 * at + above)).clamp(max=-1e-6)
        between = ((below - above) / bend).clamp(-0.5, 0.5).mul(FINER).round().long()
        return self.speeds[place * FINER + between], ((best - UNSURE) / (SURE - UNSURE)).clamp(0, 1)

    def _pulses(self, speed: Tensor) -> Tensor:
        """Return ``[B, (frames - 1) * hop]``: all harmonics in step, with a mean square of 1/2."""
        size = 2 * self.hop
        start, change = speed[:, :-1, None], speed.diff(dim=1).unsqueeze(2)
        sample = torch.arange(self.hop, device=speed.device)
        # The phase of a glide, in parts of a part, so that all numbers are whole.
        within = (size * start + change * sample) * (sample + 1)
        frames = within[..., -1] % (TURN * size)
        phase = (within + (frames.cumsum(1) - frames).unsqueeze(2)) % (TURN * size) // size
        speeds = size * start + 2 * change * sample
        harmonics = torch.full_like(speeds, TURN * self.hop) // speeds
        sum_of_cosines = _sine((2 * harmonics + 1) * phase) / (2 * _sine(phase)) - 0.5
        pulses = torch.where(phase == 0, harmonics, sum_of_cosines) / harmonics.sqrt()
        return pulses.flatten(1)


def _sine(half_turns: Tensor) -> Tensor:
    """Return the sine of half a turn times whole numbers of its parts, of any size."""
    around = (half_turns + TURN) % (2 * TURN) - TURN
    return (around * (pi / TURN)).sin()


def _outstanding(mel: Tensor) -> Tensor:
    """Return log-mel levels ``[..., bands]`` less their means over neighbouring bands."""
    size = min(SMOOTH, (mel.shape[-1] - 1) // 2 * 2 + 1)
    weights = torch.hann_window(size + 2, periodic=False, dtype=mel.dtype, device=mel.device)[1:-1]
    rows = pad(mel.flatten(0, -2).unsqueeze(1), (size // 2, size // 2), mode="replicate")
    smooth = conv1d(rows, (weights / weights.sum()).view(1, 1, -1))
    return mel - smooth.view_as(mel)


def _pitches(rate: int, window: int, steps: int) -> Tensor:
    """Return pitches in Hz ``[N]`` from the lowest to the highest, so many in an octave."""
    lowest = 2 * rate / window
    octaves = ceil(STEPS * log2(HIGHEST / lowest)) / STEPS
    return lowest * 2 ** (torch.arange(round(octaves * steps) + 1, dtype=torch.float64) / steps)


def _speeds(rate: int, window: int) -> Tensor:
    """Return the parts of a turn that a sample takes, for each pitch that is told apart ``[N]``."""
    return (_pitches(rate, window, STEPS * FINER) * (TURN / rate)).round().long()


@lru_cache(maxsize=8)
def _shapes(rate: int, window: int, bands: int) -> Tensor:
    """Return what stands out ``[pitches, bands]`` of tones, each with a norm of 1; it is kept."""
    # What is kept must be an ordinary tensor whatever the mode of the first who asks for it.
    with torch.inference_mode(False), torch.device("cpu"):
        pitches = _pitches(rate, window, STEPS).float()
        shapes = _outstanding(_tones(pitches, rate, window, bands).log())
        return normalize(shapes, dim=1)


def _tones(pitches: Tensor, rate: int, window: int, bands: int) -> Tensor:
    """Return mel magnitudes ``[pitches, bands]`` of tones whose harmonics are equally loud."""
    filters = mel_filters(rate, window, bands)
    bins = torch.arange(window // 2 + 1)
    found = []
    for pitch in (pitches * window / rate).tolist():
        harmonics = torch.arange(1, int(window / 2 / pitch) + 1) * pitch
        away = (bins[:, None] - harmonics).double()
        lobe = (away.sinc() / (1 - away.square() + 1e-9)).abs() * (away.abs() < 2)
        found.append(filters.mT @ lobe.square().sum(1).sqrt().float())
    means = filters.sum(0).clamp(min=1e-8)
    return (torch.stack(found) / means).clamp(min=1e-3)


def _least_phase(window: int) -> Tensor:
    """Return the matrix ``[bins, bins]`` from log magnitudes to the phases of least delay.

    They are those of the levels' course over frequency, without what is as narrow as a harmonic.
    """
    fold = torch.zeros(window)
    fold[1 : window // 8] = 2
    levels = torch.eye(window // 2 + 1)
    phases: Tensor = torch.fft.rfft(torch.fft.irfft(levels, window) * fold).imag
    return phases.mT.contiguous()
