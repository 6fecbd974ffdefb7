"""A baseline after MuseGAN (Dong et al. 2018): soft cells, thresholded when sampling.

Kept from the paper: latent vectors of the phrase and of each bar, transposed convolutions that
grow a bar along pitch (by octaves) and time, a shared body with private layers for each track,
batch normalisation in the generator only, sigmoid cells with a threshold at one half, and a critic
of plain strided convolutions over the roll. Sizes are free, where the paper's are fixed.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnigan_music.grid import Grid
from omnigan_music.networks.blocks import lrelu, prime_factors

__all__ = ["MuseganDiscriminator", "MuseganGenerator"]

OCTAVE = 12


class MuseganGenerator(nn.Module):
    """Latent vectors to phrases ``[B, 2, tracks, steps, pitches]``.

    In training mode cells are soft, in [0, 1]; in evaluation mode those above one half are 1. The
    design has no onsets: a note starts where its cell was off a step before.

    Args:
        grid: Layout of a phrase.
        width: Channels of the shared body.
        z: Size of the phrase's latent vector.
        bar_z: Size of each bar's latent vector.
        labels: Number of labels; 0 builds an unconditional network.
    """

    def __init__(self, grid: Grid, width: int, z: int, bar_z: int, labels: int) -> None:
        super().__init__()
        self.grid = grid
        self.octaves = -(-grid.pitches // OCTAVE)
        self.label = nn.Embedding(labels, z) if labels else None
        self.bar = nn.Linear(z + bar_z, width * grid.beats_per_bar * self.octaves)
        self.shared = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.ReLU(),
            *_grown(width, width, (1, 3)),
            *(
                layer
                for f in prime_factors(grid.steps_per_beat)
                for layer in _grown(width, width, (f, 1))
            ),
        )
        self.private = nn.ModuleList(_private(width) for _ in grid.voices)

    def forward(self, z: Tensor, bars: Tensor, label: Tensor | None = None) -> Tensor:
        """Return phrases for ``z [B, z]``, ``bars [B, bars, bar_z]`` and ``label [B]``."""
        if self.label is not None and label is not None:
            z = z + self.label(label)
        grid = self.grid
        whole = z.unsqueeze(1).expand(-1, grid.bars, -1)
        x = self.bar(torch.cat([whole, bars], -1)).flatten(0, 1)
        x = self.shared(x.view(x.shape[0], -1, grid.beats_per_bar, self.octaves))
        cells = torch.cat([layers(x) for layers in self.private], 1)[..., : grid.pitches].sigmoid()
        roll = cells.view(z.shape[0], grid.bars, len(grid.voices), -1, grid.pitches)
        roll = roll.transpose(1, 2).flatten(2, 3).float()
        if not self.training:
            roll = (roll > 0.5).to(roll.dtype)
        before = torch.cat([torch.zeros_like(roll[:, :, :1]), roll[:, :, :-1]], 2)
        return torch.stack([roll, roll * (1 - before)], 1)


def _grown(channels: int, out: int, by: tuple[int, int]) -> list[nn.Module]:
    """Return layers that multiply (time, pitch) by ``by``."""
    return [nn.ConvTranspose2d(channels, out, by, by), nn.BatchNorm2d(out), nn.ReLU()]


def _private(width: int) -> nn.Sequential:
    half = max(width // 2, 1)
    last = nn.Conv2d(half, 1, (3, 3), padding=1)
    return nn.Sequential(*_grown(width, half, (1, OCTAVE // 3)), last)


class MuseganDiscriminator(nn.Module):
    """Phrases ``[B, 2, tracks, steps, pitches]`` to logits ``[B]``; only the roll is looked at.

    Args:
        grid: Layout of a phrase.
        width: Channels of the body.
        labels: Number of labels; they act through a projection.
    """

    def __init__(self, grid: Grid, width: int, labels: int) -> None:
        super().__init__()
        octaves = -(-grid.pitches // OCTAVE)
        self.margin = octaves * OCTAVE - grid.pitches
        strides = [*prime_factors(grid.steps_per_beat), *prime_factors(grid.beats_per_bar)]
        layers = [nn.Conv2d(len(grid.voices), width, (1, OCTAVE), (1, OCTAVE)), nn.LeakyReLU(0.2)]
        for stride in strides:
            layers += [nn.Conv2d(width, width, (stride, 1), (stride, 1)), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers)
        self.merge = nn.Linear(width * grid.bars * octaves, width)
        self.logit = nn.Linear(width, 1)
        self.label = nn.Embedding(labels, width) if labels else None

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """Return logits ``[B]`` for phrases and, where conditional, their labels ``[B]``."""
        roll = nn.functional.pad(x[:, 0], (0, self.margin))
        h = lrelu(self.merge(self.body(roll).flatten(1)))
        logit: Tensor = self.logit(h).squeeze(1)
        if self.label is not None and label is not None:
            logit = logit + (self.label(label) * h).sum(1) * h.shape[1] ** -0.5
        return logit
