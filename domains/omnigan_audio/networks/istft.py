"""Blocks at one frame rate before an inverse Fourier transform (as in Vocos, Siuzdak 2023)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnigan_audio.networks.blocks import Code, soft_limit, surplus
from omnigan_audio.networks.conditions import Given
from omnigan_audio.networks.frames import Frames
from omnigan_audio.networks.synthesis import levels_of, magnitudes, turning
from omnigan_audio.spectra import istft

__all__ = ["IstftGenerator", "SpectrumStack"]

WIDER = 3
"""A block's hidden layer has so many times its channels."""
FRESH_LEVEL = -4.0


class _Block(nn.Module):
    """A ConvNeXt block (Liu et al. 2022) on frames ``[B, C, T]``.

    Args:
        channels: Channels.
        code: Size of the code that chooses gain and shift behind the norm; 0: they are weights.
        scale: Factor of what a fresh block adds.
    """

    def __init__(self, channels: int, code: int, scale: float) -> None:
        super().__init__()
        self.mix = nn.Conv1d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, elementwise_affine=not code)
        self.style = nn.Linear(code, 2 * channels) if code else None
        self.widen = nn.Linear(channels, WIDER * channels)
        self.narrow = nn.Linear(WIDER * channels, channels)
        self.scale = nn.Parameter(torch.full((channels,), scale))
        if self.style is not None:
            nn.init.zeros_(self.style.bias)

    def forward(self, x: Tensor, code: Tensor | None) -> Tensor:
        h = self.norm(self.mix(x).transpose(1, 2))
        if self.style is not None and code is not None:
            gain, shift = self.style(code).unsqueeze(1).chunk(2, 2)
            h = h * (1 + gain) + shift
        h = self.narrow(nn.functional.gelu(self.widen(h))) * self.scale
        made: Tensor = x + h.transpose(1, 2)
        return made


class SpectrumStack(nn.Module):
    """Frames ``[B, C, frames]`` to waveforms ``[B, 1, (frames - 1) * hop]`` in [-1, 1].

    A phase has two parts: one that a frame says outright, for clicks, and the sum of how far each
    frame so far has turned it, for tones, whose phases no single frame can know.

    Args:
        channels: Channels of the frames and of every block.
        depth: Number of blocks.
        window: Samples in a window.
        hop: Samples from one frame to the next.
        code: Size of the code that styles the blocks; 0 for none.
    """

    def __init__(self, channels: int, depth: int, window: int, hop: int, code: int) -> None:
        super().__init__()
        self.window, self.hop = window, hop
        self.blocks = nn.ModuleList(_Block(channels, code, 1 / depth) for _ in range(depth))
        self.norm = nn.LayerNorm(channels)
        self.head = nn.Linear(channels, 3 * (window // 2 + 1))
        with torch.no_grad():
            self.head.bias[: window // 2 + 1] = FRESH_LEVEL

    def forward(
        self,
        x: Tensor,
        code: Tensor | None = None,
        level_guess: Tensor | None = None,
        tone: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Return waveforms.

        Args:
            x: Frames ``[B, C, frames]``.
            code: ``[B, code]``, where there is one.
            level_guess: Levels ``[B, bins, frames]`` that what the network says is added to.
            tone: The spectrum of a tone, whose phases are turned by what a frame says outright, and
                how much of the network's own phases goes with it; see :class:`Tone`.
        """
        for block in self.blocks:
            x = block(x, code)
        maps = self.head(self.norm(x.transpose(1, 2))).mT.float()
        level, phase, frequency = maps.chunk(3, 1)
        if level_guess is not None:
            level = level - FRESH_LEVEL + level_guess
        own = phase + frequency.cumsum(2) + turning(phase, self.window, self.hop)
        length = (x.shape[2] - 1) * self.hop
        size = magnitudes(level, self.window)
        if tone is None:
            spectrum = torch.polar(size, own)
        else:
            spectrum, share = tone
            both = spectrum * torch.polar(torch.ones_like(phase), phase) + torch.polar(share, own)
            spectrum = both * (size / both.abs().clamp(min=1e-3))
        return soft_limit(istft(spectrum, self.window, self.hop, length))

    @torch.no_grad()
    def start_from_guesses(self) -> None:
        """Let a fresh network leave the levels and the tone that it is given as they are."""
        bins = self.window // 2 + 1
        self.head.weight[: 2 * bins] = 0
        self.head.bias[bins : 2 * bins] = 0

    @torch.no_grad()
    def start_from(self, examples: Tensor) -> None:
        """Let a fresh network's sounds have the mean spectrum of real ones ``[N, 1, L]``."""
        levels = levels_of(examples, self.window, self.hop).mean((0, 2))
        self.head.bias[: len(levels)] = levels


class IstftGenerator(nn.Module):
    """Latent vectors and noise to waveforms ``[B, 1, L]`` in [-1, 1].

    Every further frame of noise makes the sound a hop longer.

    Args:
        length: Samples.
        window: Samples in a window.
        hop: Samples from one frame to the next, and numbers of noise in a frame.
        width: Channels.
        depth: Number of blocks.
        z: Size of the latent vector.
        given: What it is told besides.
    """

    def __init__(
        self,
        length: int,
        *,
        window: int,
        hop: int,
        width: int,
        depth: int,
        z: int,
        given: Given,
    ) -> None:
        super().__init__()
        self.surplus = surplus(length, hop)
        self.code = Code(z, given)
        self.frames = Frames(hop, z, width)
        self.stack = SpectrumStack(width, depth, window, hop, z)

    def forward(
        self, z: Tensor, noise: Tensor, label: Tensor | None = None, pitch: Tensor | None = None
    ) -> Tensor:
        """Return waveforms.

        Args:
            z: ``[B, z]``.
            noise: ``[B, hop, frames]``, at least two frames.
            label: ``[B]`` integers where the network has labels.
            pitch: ``[B]`` MIDI note numbers where the network is pitched.
        """
        code = self.code(z, label, pitch)
        sound: Tensor = self.stack(self.frames(noise, code), code)
        return sound[..., : sound.shape[2] - self.surplus]

    def start_from(self, examples: Tensor) -> None:
        """Let a fresh network's sounds have the mean spectrum of real ones ``[N, 1, L]``."""
        self.stack.start_from(examples)
