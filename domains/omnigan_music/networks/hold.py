"""The default generator: a latent per bar, time convolutions, private heads that hold notes."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn

from omnigan_music.grid import Grid, Voice
from omnigan_music.networks.blocks import Block, Grow, lrelu, prime_factors
from omnigan_music.networks.heads import drum_notes, monophonic_notes, polyphonic_notes

__all__ = ["HoldGenerator"]

GUMBEL = math.pi / 6**0.5
LOGISTIC = math.pi / 3**0.5
"""Standard deviations of the standard Gumbel and logistic distributions."""
RAREST = 1e-3
"""Frequencies below this one count as this one."""


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
        return torch.cat([head(x) for head in self.private], 2)

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
        for track, head in enumerate(self.private):
            cast(_Head, head).start_from(phrases[:, :, track : track + 1], x)


def _spread_out(layer: nn.Module) -> None:
    """Keep the variance of what goes through (He et al. 2015); latent vectors must not fade."""
    linear = cast(nn.Linear, layer)
    nn.init.kaiming_normal_(linear.weight, 0.2, nonlinearity="leaky_relu")
    nn.init.zeros_(linear.bias)


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

    def start_from(self, phrases: Tensor, x: Tensor) -> None:
        """Set biases and scale from one track of phrases ``[N, 2, 1, S, P]`` and features."""
        first = self.margin[0]
        cells = phrases[..., first : first + self.pitches].flatten(2, 3)
        bars = cells.view(len(cells), 2, self.bars, -1, self.pitches).mean(
            (0, 2)
        )  # [2, steps of a bar, P]
        roll, onsets = bars.transpose(1, 2)
        spread = torch.full((len(self.bias),), LOGISTIC)
        if self.voice.drums or not self.voice.monophonic:
            self.bias[: self.pitches] = torch.logit(onsets, RAREST)
            if not self.voice.drums:
                sounding = roll.roll(1, 1)
                self.bias[self.pitches :] = _log_odds_of_release(roll, onsets, sounding)
        else:
            spread[: self.pitches + 1] = GUMBEL
            rest = 1 - roll.sum(0)
            self.bias[: self.pitches] = roll.mean(1, keepdim=True).clamp(RAREST).log()
            self.bias[self.pitches] = rest.mean().clamp(RAREST).log()
            self.bias[self.pitches + 1] = torch.logit(onsets.sum(0), RAREST)
        logits = self.out(lrelu(self.hidden(x)))
        scale = spread / logits.std((0, 2))
        self.out.weight *= scale.view(-1, 1, 1)
        self.bias.sub_((logits.mean((0, 2)) * scale).unsqueeze(1))


def _log_odds_of_release(roll: Tensor, onsets: Tensor, before: Tensor) -> Tensor:
    """Return the log odds that a sounding pitch ends at a step, ``[P, steps of a bar]``.

    A pitch that sounded a step before sounds on unless it ends: on = before * (1 - p) + onsets.
    """
    ended = 1 - (roll - onsets).clamp(0) / before.clamp(RAREST)
    return torch.logit(ended.clamp(0, 1), 0.02)
