"""The default discriminator: main, chroma and onset streams over one phrase."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnigan_music.grid import Grid
from omnigan_music.networks.blocks import lrelu, prime_factors
from omnigan_music.pitch_classes import PITCH_CLASSES, folding

__all__ = ["StreamsDiscriminator"]

EMBEDDED = 32


class StreamsDiscriminator(nn.Module):
    """Phrases ``[B, 2, tracks, steps, pitches]`` to logits ``[B]``.

    Args:
        grid: Layout of a phrase.
        width: Channels of the main stream.
        labels: Number of labels; with any, the logit gains the inner product of a label embedding
            with the last features (projection discriminator, Miyato and Koyama 2018).
    """

    def __init__(self, grid: Grid, width: int, labels: int) -> None:
        super().__init__()
        self.main = _Main(grid, width)
        self.chroma = _Chroma(grid, width // 4)
        self.onsets = _Onsets(grid, width // 2)
        self.merge = nn.Linear(width + width // 4 + width // 2, width)
        self.logit = nn.Linear(width, 1)
        self.label = nn.Embedding(labels, width) if labels else None

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """Return logits ``[B]`` for phrases and, where conditional, their labels ``[B]``."""
        streams = torch.cat([self.main(x), self.chroma(x), self.onsets(x)], 1)
        h = lrelu(self.merge(lrelu(streams)))
        logit: Tensor = self.logit(h).squeeze(1)
        if self.label is not None and label is not None:
            logit = logit + (self.label(label) * h).sum(1) * h.shape[1] ** -0.5
        return logit


class _Main(nn.Module):
    """What sounds when: private pitch embeddings, then time convolutions down to bars."""

    def __init__(self, grid: Grid, width: int) -> None:
        super().__init__()
        tracks, cells = len(grid.voices), 2 * grid.pitches
        # A batched product: a grouped convolution does the same, many times slower on a CPU.
        self.embed = nn.Parameter(torch.randn(tracks, cells, EMBEDDED) * cells**-0.5)
        self.first = nn.Conv1d(tracks * EMBEDDED, width, 3, padding=1)
        strides = [*prime_factors(grid.steps_per_beat), *prime_factors(grid.beats_per_bar)]
        self.down = nn.ModuleList(nn.Conv1d(width, width, s, s) for s in strides)
        self.out = nn.Linear(width * grid.bars, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, _, tracks, steps, _ = x.shape
        cells = x.permute(2, 0, 3, 1, 4).reshape(tracks, batch * steps, -1)
        h = torch.bmm(cells, self.embed.to(cells.dtype)).view(tracks, batch, steps, -1)
        h = lrelu(self.first(h.permute(1, 0, 3, 2).flatten(1, 2)))
        for conv in self.down:
            h = lrelu(conv(h))
        out: Tensor = self.out(h.flatten(1))
        return out


class _Chroma(nn.Module):
    """Harmony: pitch classes per beat and of the whole phrase, seen alike in every key.

    Convolutions wrap around the circle of pitch classes, and the result is pooled over it.
    """

    pitched: Tensor
    fold: Tensor

    def __init__(self, grid: Grid, width: int) -> None:
        super().__init__()
        self.grid = grid
        pitched = [i for i, voice in enumerate(grid.voices) if not voice.drums]
        self.register_buffer("pitched", torch.tensor(pitched, dtype=torch.long), persistent=False)
        self.register_buffer("fold", folding(grid), persistent=False)
        channels = max(len(pitched), 1) + 1
        self.chord = nn.Conv2d(channels, width, (PITCH_CLASSES, 1))
        self.progression = nn.Conv2d(width, width, (1, 4), stride=(1, 2), padding=(0, 1))
        self.scale = nn.Conv1d(channels, width, PITCH_CLASSES)
        length = (grid.bars * grid.beats_per_bar - 2) // 2 + 1
        self.out = nn.Linear(width * length + 2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        roll = x[:, 0, self.pitched] if len(self.pitched) else x[:, 0, :1] * 0
        chroma = roll @ self.fold  # [B, T, S, 12]
        batch, tracks = chroma.shape[:2]
        beats = chroma.view(batch, tracks, -1, self.grid.steps_per_beat, PITCH_CLASSES).mean(3)
        beats = torch.cat([beats, beats.mean(1, keepdim=True)], 1).transpose(2, 3)
        h = lrelu(self.chord(_wrapped(beats, 2)))  # [B, C, 12, beats]
        h = lrelu(self.progression(h)).mean(2)
        whole = lrelu(self.scale(_wrapped(beats.mean(3), 2)))  # [B, C, 12]
        out: Tensor = self.out(torch.cat([h.flatten(1), whole.mean(2), whole.amax(2)], 1))
        return out


def _wrapped(x: Tensor, axis: int) -> Tensor:
    """Append all but the last pitch class again, so that a full-size kernel sees each rotation."""
    return torch.cat([x, x.narrow(axis, 0, PITCH_CLASSES - 1)], axis)


class _Onsets(nn.Module):
    """Rhythm: how many notes start, and how many sound, in each track at each step."""

    def __init__(self, grid: Grid, width: int) -> None:
        super().__init__()
        tracks = len(grid.voices)
        step = grid.steps_per_beat
        self.first = nn.Conv1d(2 * tracks, width, 2 * step + 1, padding=step)
        self.beat = nn.Conv1d(width, width, step, step)
        self.out = nn.Linear(width * grid.bars * grid.beats_per_bar, width)

    def forward(self, x: Tensor) -> Tensor:
        x = x.sum(-1).flatten(1, 2)  # [B, 2 * tracks, S]
        x = lrelu(self.beat(lrelu(self.first(x))))
        out: Tensor = self.out(x.flatten(1))
        return out
