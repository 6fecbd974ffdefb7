"""Features of Resemblyzer, a network that tells speakers apart (Wan et al. 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, pad

from omnigan.packaged import Packaged
from omnigan_audio.pretrained.listener import RATE, Listener
from omnigan_audio.spectra import mel_filters

__all__ = ["Resemblyzer"]

WEIGHTS = Packaged(
    features="resemblyzer",
    package="resemblyzer",
    file="pretrained.pt",
    sha256="39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
    distribution="resemblyzer==0.1.4",
    install="pip install --no-deps resemblyzer==0.1.4",
)
WINDOW, HOP, BANDS = 400, 160, 40
WIDTH = 256
FRAMES = 160
"""A part that the network hears at a time: 1.6 seconds."""
STEP = 77
"""Frames from one part to the next: 1.3 parts a second."""
FULL = 0.75
"""A part counts if so much of it is sound; the rest is silence."""
QUIETEST = 10 ** (-30 / 20)
"""Root mean square that quieter sounds are raised to."""


class Resemblyzer(Listener):
    """Waveforms ``[B, 1, T]`` to features ``[B, 256]``, none negative, of length 1.

    The network hears parts of 1.6 seconds; their features are averaged. Silence is not cut out of
    the sounds, as the package's own program does before.

    Args:
        rate: Of the waveforms, in Hz.

    Raises:
        UserError: The package with the weights is missing, or has others.
    """

    def __init__(self, rate: int) -> None:
        super().__init__(rate)
        self.lstm = nn.LSTM(BANDS, WIDTH, 3, batch_first=True)
        self.linear = nn.Linear(WIDTH, WIDTH)
        state = WEIGHTS.tensors()["model_state"]
        self.load_state_dict({name: state[name] for name in self.state_dict()})

    def forward(self, x: Tensor) -> Tensor:
        """Return the features of waveforms."""
        heard = self.heard(x)
        level = heard.square().mean(1, keepdim=True).sqrt().clamp(min=1e-8)
        heard = heard * (QUIETEST / level).clamp(min=1)
        starts = _starts(heard.shape[1])
        frames = _mel(pad(heard, (0, max(0, (starts[-1] + FRAMES) * HOP - heard.shape[1]))))
        parts = [self._part(frames[:, start : start + FRAMES]) for start in starts]
        return normalize(torch.stack(parts).mean(0), dim=1)

    def _part(self, frames: Tensor) -> Tensor:
        hidden = self.lstm(frames)[1][0]
        return normalize(self.linear(hidden[-1]).relu(), dim=1)


def _starts(samples: int) -> list[int]:
    """Return the frames at which parts begin; the first one counts, however short."""
    last = (samples - FULL * FRAMES * HOP) // HOP
    return [0, *range(STEP, int(last) + 1, STEP)]


def _mel(x: Tensor) -> Tensor:
    """Return powers in mel bands ``[B, frames, 40]``; outside the sound there is silence."""
    hann = torch.hann_window(WINDOW, device=x.device)
    spectrum = torch.stft(x, WINDOW, HOP, window=hann, pad_mode="constant", return_complex=True)
    power = spectrum.real.square() + spectrum.imag.square()
    return power.mT @ mel_filters(RATE, WINDOW, BANDS).to(x)
