"""The default generator: a latent per bar, time convolutions, private heads that hold notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from omnigan_music.grid import Grid
from omnigan_music.networks.blocks import Block, Grow, lrelu, prime_factors
from omnigan_music.networks.leaps import last_pitches
from omnigan_music.networks.voices import MonophonicVoice, PrivateVoice, private_voice

__all__ = ["HoldGenerator"]


class HoldGenerator(nn.Module):
    """Latent vectors to phrases ``[B, 2, tracks, steps, pitches]`` of exact zeros and ones.

    Args:
        grid: Layout of a phrase.
        width: Channels at the resolution of beats; finer ones have half of it.
        z: Size of the phrase's latent vector.
        bar_z: Size of each bar's latent vector.
        labels: Number of labels; 0 builds an unconditional network.
        melodic: Whether notes of monophonic tracks are chosen by the one before, too.
    """

    def __init__(
        self, grid: Grid, width: int, z: int, bar_z: int, labels: int, *, melodic: bool
    ) -> None:
        super().__init__()
        self.grid = grid
        self.label = nn.Embedding(labels, z) if labels else None
        self.style = nn.Sequential(nn.Linear(z, width), nn.LeakyReLU(0.2), nn.Linear(width, width))
        self.plan = nn.Linear(width, grid.bars * width)
        self.bar = nn.Linear(2 * width + bar_z, grid.beats_per_bar * width)
        self.beats = nn.Sequential(*(Block(width, width, dilation) for dilation in (1, 2, 4)))
        half = max(width // 2, 8)
        factors = prime_factors(grid.steps_per_beat)
        sizes = [width] + [half] * len(factors)
        grown = zip(sizes[:-1], sizes[1:], factors, strict=True)
        self.steps = nn.Sequential(
            *(layer for a, b, f in grown for layer in (Grow(a, b, f), Block(b, b)))
        )
        self.private = nn.ModuleList(
            private_voice(sizes[-1], half, grid, voice, melodic=melodic) for voice in grid.voices
        )
        for layer in (self.style[0], self.style[2], self.plan, self.bar):
            _spread_out(layer)

    def forward(self, z: Tensor, bars: Tensor, label: Tensor | None = None) -> Tensor:
        """Return phrases.

        Args:
            z: ``[B, z]``.
            bars: ``[B, bars, bar_z]``.
            label: ``[B]`` integers where the network is conditional.
        """
        x = self._features(z, bars, label)
        logits = self._led([voice(x) for voice in self.private])
        voices = cast(Sequence[PrivateVoice], self.private)
        return torch.cat([v.notes(y) for v, y in zip(voices, logits, strict=True)], 2)

    def _led(self, logits: list[Tensor]) -> list[Tensor]:
        """Add to the logits of pitches what melodic voices say of intervals."""
        led = {
            track: voice
            for track, voice in enumerate(self.private)
            if isinstance(voice, MonophonicVoice) and voice.melodic
        }
        if not led:
            return logits
        parts = (voice.in_grid(logits[track].detach()) for track, voice in led.items())
        last = last_pitches(*(torch.cat(same, 1) for same in zip(*parts, strict=True)))
        moved = list(logits)
        for (track, voice), before in zip(led.items(), last.unsqueeze(2).unbind(1), strict=True):
            moved[track] = voice.moved(logits[track], before)
        return moved

    def _features(self, z: Tensor, bars: Tensor, label: Tensor | None = None) -> Tensor:
        """Return what all tracks share, ``[B, C, steps]``."""
        if self.label is not None and label is not None:
            z = z + self.label(label)
        style = lrelu(self.style(z))
        plan = lrelu(self.plan(style)).view(z.shape[0], self.grid.bars, -1)
        whole = style.unsqueeze(1).expand_as(plan)
        x = self.bar(torch.cat([whole, plan, bars], -1))
        x = x.view(z.shape[0], self.grid.bars * self.grid.beats_per_bar, -1).transpose(1, 2)
        features: Tensor = self.steps(self.beats(x))
        return features

    @torch.no_grad()
    def start_from(self, phrases: Tensor, z: Tensor, bars: Tensor) -> None:
        """Let a fresh network play each pitch, and start notes, about as often as music does.

        An arg max over log frequencies plus noise draws from those frequencies if the noise is
        Gumbel's, and a gate over a log odd plus logistic noise opens with that odd. So the outputs
        of the fresh network are scaled to the spread of such noise. With far smaller ones all
        phrases begin alike, and the game has to undo that first.

        Args:
            phrases: Training phrases ``[N, *grid.shape]``.
            z: Latent vectors ``[M, z]``.
            bars: Latent vectors ``[M, bars, bar_z]``.
        """
        x = self._features(z, bars)
        for track, voice in enumerate(cast(Sequence[PrivateVoice], self.private)):
            voice.start_from(phrases[:, :, track : track + 1], x)


def _spread_out(layer: nn.Module) -> None:
    """Keep the variance of what goes through (He et al. 2015); latent vectors must not fade."""
    linear = cast(nn.Linear, layer)
    nn.init.kaiming_normal_(linear.weight, 0.2, nonlinearity="leaky_relu")
    nn.init.zeros_(linear.bias)
