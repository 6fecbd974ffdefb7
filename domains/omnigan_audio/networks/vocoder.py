"""Generators whose input is a mel spectrogram: HiFi-GAN's kind and Vocos'."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from omnigan.errors import UserError
from omnigan.loops import Tensors, scanned
from omnigan_audio.networks.blocks import soft_limit
from omnigan_audio.networks.config import Generator
from omnigan_audio.networks.istft import SpectrumStack
from omnigan_audio.networks.snake import SnakeStack, strides_for
from omnigan_audio.networks.tone import Tone
from omnigan_audio.spectra import istft, log_mel_of, mel_filters, sizes_for, stft

__all__ = ["MelLevels", "Vocoder", "build_vocoder"]


TYPICAL, SPREAD = -5.0, 3.0
"""Mean and standard deviation of log-mel values, roughly."""


ROUNDS, ROUNDS_IN_TRAINING = 40, 4
"""How often a vocoder's sound is compared with the spectrogram that it was asked for."""
MOMENTUM = 0.95
LARGEST_STEP = 3.0
"""Most that a round changes a level by, in nepers."""


class MelLevels(nn.Module):
    """What mel bands tell about the levels of single frequencies.

    A network that only has to correct them learns much sooner than one that has to find out what
    the bands mean.

    Args:
        rate: Sample rate in Hz.
        window: Samples in a window.
        bands: Mel bands.
    """

    filters: Tensor
    interpolation: Tensor
    means: Tensor

    def __init__(self, rate: int, window: int, bands: int) -> None:
        super().__init__()
        filters = mel_filters(rate, window, bands)
        weights = filters / filters.amax(0).clamp(min=1e-8)
        centres = weights.argmax(0)
        for beyond in (weights.sum(1) < 1e-3).nonzero().flatten().tolist():
            weights[beyond, (centres - beyond).abs().argmin()] = 1.0
        self.rate, self.window, self.hop, self.bands = rate, window, window // 4, bands
        weights = weights / weights.sum(1, keepdim=True)
        self.register_buffer("filters", filters.clone(), persistent=False)
        self.register_buffer("interpolation", weights, persistent=False)
        # A band over the sum of its filter is a mean magnitude.
        self.register_buffer("means", 1 / filters.sum(0).clamp(min=1e-8), persistent=False)

    def forward(self, mel: Tensor) -> Tensor:
        """Return levels ``[B, bins, frames]`` of log-mel spectrograms ``[B, bands, frames]``.

        They are those that :func:`omnigan_audio.networks.synthesis.magnitudes` takes.
        """
        magnitudes = self.interpolation @ (mel.exp() * self.means[:, None])
        return (magnitudes / (self.window / 2)).clamp(min=1e-8).log()

    def consistent(self, sound: Tensor, mel: Tensor) -> Tensor:
        """Return sound ``[B, 1, T]`` whose mel spectrogram is nearer to the one asked for.

        Levels are raised by what their bands lack, many times: neighbouring frames overlap, so that
        one round does not suffice. It is a layer of data consistency (Schlemper et al. 2018). In
        training there are few rounds, since the gradient goes back through all of them; otherwise
        phases are pushed on the way that they go, as in the fast algorithm of Griffin and Lim
        (Perraudin et al. 2013).
        """
        if self.training:
            for _ in range(ROUNDS_IN_TRAINING):
                spectrum = stft(sound, self.window, self.hop)
                sound = self._sound(spectrum * self._gain(spectrum, mel), sound.shape[2])
        else:
            sound = self._pushed(sound, mel)
        return soft_limit(sound)

    def _pushed(self, sound: Tensor, mel: Tensor) -> Tensor:
        """Return the sound after all rounds, each of which goes on the way of the last one."""

        def after(state: Tensors, _: Tensors) -> tuple[Tensors, Tensor]:
            sound, before = state[0], torch.view_as_complex(state[1])
            now = stft(sound, self.window, self.hop)
            pushed = now + MOMENTUM * (now - before)
            gain = self._gain(now, mel) * now.abs() / pushed.abs().clamp(min=1e-9)
            sound = self._sound(pushed * gain, sound.shape[2])
            return (sound, torch.view_as_real(now)), sound.new_zeros(1)

        before = torch.view_as_real(stft(sound, self.window, self.hop))
        return scanned(after, (sound.contiguous(), before), (sound.new_zeros(ROUNDS),))[0][0]

    def _gain(self, spectrum: Tensor, mel: Tensor) -> Tensor:
        """Return what each frequency is to be multiplied by, ``[B, bins, frames]``."""
        lacking = mel - log_mel_of(spectrum, self.filters)
        return (self.interpolation @ lacking.clamp(-LARGEST_STEP, LARGEST_STEP)).exp()

    def _sound(self, spectrum: Tensor, length: int) -> Tensor:
        return istft(spectrum, self.window, self.hop, length)


class Vocoder(nn.Module):
    """Log-mel spectrograms ``[B, bands, frames]`` to waveforms ``[B, 1, (frames - 1) * hop]``.

    Frame ``t`` is centred on sample ``t * hop``, as in :func:`omnigan_audio.spectra.stft`; there
    are at least two.

    Args:
        levels: What the bands tell about levels.
        channels: Channels of the stack's frames.
        stack: From frames to waveforms, of as many samples or of a hop more.
        hop: Samples from one frame to the next.
        spectral: Whether the stack makes spectra, and can use levels and a tone as a first guess.
    """

    def __init__(
        self,
        levels: MelLevels,
        channels: int,
        stack: nn.Module,
        *,
        hop: int,
        spectral: bool,
    ) -> None:
        super().__init__()
        self.hop = hop
        self.levels = levels
        self.tone = Tone(levels.rate, levels.window, levels.bands) if spectral else None
        self.first = nn.Conv1d(levels.bands, channels, 7, padding=3)
        self.stack = stack

    def forward(self, mel: Tensor) -> Tensor:
        """Return waveforms."""
        frames = self.first((mel - TYPICAL) / SPREAD)
        length = (mel.shape[2] - 1) * self.hop
        sound: Tensor = self.stack(frames, **self._guess(mel, length))
        start = (sound.shape[2] - length) // 2  # a frame's own samples lie around its centre
        sound = sound[..., start : start + length]
        if length <= self.levels.window:  # too short to be compared
            return sound
        return self.levels.consistent(sound, mel)

    def _guess(self, mel: Tensor, length: int) -> dict[str, Any]:
        """Return what the stack starts from, as its arguments."""
        if self.tone is None:
            return {}
        with torch.no_grad():
            level = self.levels(mel)
            tone = self.tone(mel, level) if length > self.levels.window else None
        return {"level_guess": level, "tone": tone}


def build_vocoder(rate: int, options: Generator) -> Vocoder:
    """Return a vocoder, called as ``net(mel=...)``, with fresh weights.

    Args:
        rate: Sample rate in Hz; it says which windows the mel spectrogram has.
        options: The recipe's section; its body is ``snake`` or ``istft``.

    Raises:
        UserError: The body is another one, or has no strides for the hop.
    """
    width, bands = options.channels(), options.bands
    window, hop = sizes_for(rate)
    if options.body == "snake":
        stack: nn.Module = SnakeStack(width, strides_for(hop), False, 0, options.antialias)
    elif options.body == "istft":
        stack = spectra = SpectrumStack(width, options.depth, window, hop, 0)
        spectra.start_from_guesses()
    else:
        raise UserError(
            f"generator.body: '{options.body}' cannot be a vocoder. Use 'istft' (fast) or 'snake'."
        )
    levels = MelLevels(rate, window, bands)
    return Vocoder(levels, width, stack, hop=hop, spectral=options.body == "istft")
