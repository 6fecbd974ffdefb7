"""The default generator: a latent per bar, time convolutions, private heads that hold notes."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from omnigan_music.grid import Grid, Voice
from omnigan_music.networks.blocks import Block, Grow, lrelu, prime_factors
from omnigan_music.networks.heads import drum_notes, monophonic_notes, polyphonic_notes

__all__ = ["HoldGenerator"]

REST_BIAS = -4.0
RELEASE_BIAS = -0.5


class HoldGenerator(nn.Module):
    """Latent vectors to phrases ``[B, 2, tracks, steps, pitches]`` of exact zeros and ones.

    Args:
        grid: Layout of a phrase.
        width: Channels at the resolution of beats; finer ones have half of it.
        z: Size of the phrase's latent vector.
        bar_z: Size of each bar's latent vector.
        labels: Number of labels; 0 builds an unconditional network.
    """

    def __init__(self, grid: Grid, width: int, z: int, bar_z: int, labels: int) -> None:
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
        self.private = nn.ModuleList(_Head(sizes[-1], half, grid, v) for v in grid.voices)

    def forward(self, z: Tensor, bars: Tensor, label: Tensor | None = None) -> Tensor:
        """Return phrases.

        Args:
            z: ``[B, z]``.
            bars: ``[B, bars, bar_z]``.
            label: ``[B]`` integers where the network is conditional.
        """
        if self.label is not None and label is not None:
            z = z + self.label(label)
        style = lrelu(self.style(z))
        plan = lrelu(self.plan(style)).view(len(z), self.grid.bars, -1)
        whole = style.unsqueeze(1).expand_as(plan)
        x = self.bar(torch.cat([whole, plan, bars], -1))
        x = x.view(len(z), self.grid.bars * self.grid.beats_per_bar, -1).transpose(1, 2)
        x = self.beats(x)
        x = self.steps(x)
        return torch.cat([head(x) for head in self.private], 2)


    @torch.no_grad()
    def start_from(self, phrases: Tensor) -> None:
        """Let fresh heads play each pitch about as often as phrases ``[N, *grid.shape]`` do."""
        for track, head in enumerate(self.private):
            cast(_Head, head).start_from(phrases[:, :, track : track + 1])


class _Head(nn.Module):
    """One track's private layers and its kind of notes: ``[B, C, S] -> [B, 2, 1, S, P]``."""

    def __init__(self, channels: int, hidden: int, grid: Grid, voice: Voice) -> None:
        super().__init__()
        self.voice = voice
        self.pitches = voice.high - voice.low + 1
        self.margin = (voice.low - grid.low, grid.high - voice.high)
        self.bars = grid.bars
        self.hidden = nn.Conv1d(channels, hidden, 3, padding=1)
        self.out = nn.Conv1d(hidden, self._outputs(), 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(self._outputs(), grid.steps_per_bar))

    def _outputs(self) -> int:
        if self.voice.drums:
            return self.pitches
        return self.pitches + 2 if self.voice.monophonic else 2 * self.pitches

    def forward(self, x: Tensor) -> Tensor:
        logits = self.out(lrelu(self.hidden(x))) + self.bias.repeat(1, self.bars)
        y = logits.transpose(1, 2).unsqueeze(1).float()
        if self.voice.drums:
            notes = drum_notes(y)
        elif self.voice.monophonic:
            notes = monophonic_notes(y[..., :-1], y[..., -1])
        else:
            notes = polyphonic_notes(y[..., : self.pitches], y[..., self.pitches :])
        return nn.functional.pad(notes, self.margin)

    def start_from(self, phrases: Tensor) -> None:
        """Set the output biases from one track of training phrases ``[N, 2, 1, S, P]``."""
        first = self.margin[0]
        cells = phrases[..., first : first + self.pitches].flatten(2, 3)
        bars = cells.unflatten(2, (self.bars, -1)).mean((0, 2))  # [2, steps of a bar, P]
        roll, onsets = bars.transpose(1, 2)
        if self.voice.drums or not self.voice.monophonic:
            # A gate that never opens gets next to no gradient: keep every pitch within reach.
            self.bias[: self.pitches] = torch.logit(onsets.clamp(0.05, 0.5)) / 2
            self.bias[self.pitches :] = RELEASE_BIAS
        else:
            self.bias[: self.pitches] = (roll.mean(1, keepdim=True) + 1e-3).log()
            self.bias[self.pitches] = REST_BIAS
            self.bias[self.pitches + 1] = torch.logit(onsets.sum(0).clamp(0.02, 0.98)) / 2
