"""The default discriminator: several streams that each hear one side of a phrase."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from omnigan_music.grid import Grid
from omnigan_music.networks.blocks import lrelu, prime_factors
from omnigan_music.pitch_classes import PITCH_CLASSES, folding

__all__ = ["StreamsDiscriminator"]

EMBEDDED = 32
PERIODS = (48.0, 24.0, 12.0, 6.0, 4.0, 3.0, 2.4, 2.0)
"""Semitones after which each wave of :class:`_Motion` repeats: four and two octaves, then the
harmonics of the octave, which tell interval classes apart."""


class StreamsDiscriminator(nn.Module):
    """Phrases ``[B, 2, tracks, steps, pitches]`` to logits ``[B]``.

    What a convolution over a roll is slow to find is computed for it: rhythm without pitch, and of
    tracks with pitches harmony and melodic motion.

    Args:
        grid: Layout of a phrase.
        width: Channels of the main stream.
        labels: Number of labels; with any, the logit gains the inner product of a label embedding
            with the last features (projection discriminator, Miyato and Koyama 2018).
    """

    def __init__(self, grid: Grid, width: int, labels: int) -> None:
        super().__init__()
        half, quarter = width // 2, width // 4
        pitched = [track for track, voice in enumerate(grid.voices) if not voice.drums]
        self.streams = nn.ModuleList([_Main(grid, width)])
        if pitched:
            self.streams.append(_Of(pitched, _Harmony(grid, len(pitched), quarter)))
        self.streams.append(_Rhythm(grid, half))
        if pitched:
            self.streams.append(_Of(pitched, _Motion(grid, len(pitched), quarter)))
        self.merge = nn.Linear(width + half + (2 * quarter if pitched else 0), width)
        self.logit = nn.Linear(width, 1)
        self.label = nn.Embedding(labels, width) if labels else None

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """Return logits ``[B]`` for phrases and, where conditional, their labels ``[B]``."""
        heard = torch.cat([stream(x) for stream in self.streams], 1)
        h = lrelu(self.merge(lrelu(heard)))
        logit: Tensor = self.logit(h).squeeze(1)
        if self.label is not None and label is not None:
            logit = logit + (self.label(label) * h).sum(1) * h.shape[1] ** -0.5
        return logit


class _Of(nn.Module):
    """What a stream hears of some of the tracks."""

    tracks: Tensor

    def __init__(self, tracks: list[int], stream: nn.Module) -> None:
        super().__init__()
        self.register_buffer("tracks", torch.tensor(tracks), persistent=False)
        self.stream = stream

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.stream(x[:, :, self.tracks])
        return out


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


class _Rhythm(nn.Module):
    """Rhythm: how many notes start, and how many sound, in each track at each step."""

    def __init__(self, grid: Grid, width: int) -> None:
        super().__init__()
        self.over_time = _OverTime(grid, 2 * len(grid.voices), width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.over_time(x.sum(-1).flatten(1, 2))
        return out


class _Harmony(nn.Module):
    """Harmony: pitch classes of beats, of bars and of the whole phrase, seen alike in every key.

    Of a bar it counts which there are, not how long they sound. Convolutions wrap around the circle
    of pitch classes, and the result is pooled over it.
    """

    fold: Tensor

    def __init__(self, grid: Grid, tracks: int, width: int) -> None:
        super().__init__()
        self.bars, self.beats = grid.bars, grid.bars * grid.beats_per_bar
        self.register_buffer("fold", folding(grid), persistent=False)
        self.chord = nn.Conv2d(tracks + 1, width, (PITCH_CLASSES, 1))
        self.progression = nn.Conv2d(width, width, (1, 4), stride=(1, 2), padding=(0, 1))
        self.scale = nn.Conv1d(tracks + 1, width, PITCH_CLASSES)
        self.together = nn.Conv2d(tracks, width, (PITCH_CLASSES, 1))
        length = (self.beats - 2) // 2 + 1
        self.out = nn.Linear(width * length + 2 * width + (width + tracks) * grid.bars, width)

    def forward(self, x: Tensor) -> Tensor:
        chroma = x[:, 0] @ self.fold  # [B, T, S, 12]
        beats = _parts(chroma, self.beats).mean(3)
        beats = torch.cat([beats, beats.mean(1, keepdim=True)], 1).transpose(2, 3)
        h = lrelu(self.chord(_wrapped(beats, 2)))  # [B, C, 12, beats]
        h = lrelu(self.progression(h)).mean(2)
        whole = lrelu(self.scale(_wrapped(beats.mean(3), 2)))  # [B, C, 12]
        heard = [h.flatten(1), whole.mean(2), whole.amax(2), *self._variety(chroma)]
        out: Tensor = self.out(torch.cat(heard, 1))
        return out

    def _variety(self, chroma: Tensor) -> tuple[Tensor, Tensor]:
        """Return what pitch classes bars have together, and how many, ``[B, *]``."""
        steps = _parts(chroma, self.bars).sum(3)  # [B, T, bars, 12]
        there = (steps / (1 + steps)).transpose(2, 3)  # nearly 0 or 1, with a slope everywhere
        together = lrelu(self.together(_wrapped(there, 2))).mean(2)
        return together.flatten(1), there.sum(2).flatten(1)


class _Motion(nn.Module):
    """Melody: by how much each track moves at each step, seen alike in every key.

    A track moves from what sounded a step before to what starts. A pitch ``p`` is the number
    ``exp(2 pi i p / period)``, so that the product of a start with the conjugate of what sounded
    depends on their interval alone. Several periods together tell all intervals apart, at a
    fraction of the cost of a histogram.
    """

    waves: Tensor

    def __init__(self, grid: Grid, tracks: int, width: int) -> None:
        super().__init__()
        angles = 2 * math.pi * torch.arange(grid.pitches).unsqueeze(1) / torch.tensor(PERIODS)
        waves = torch.cat([angles.cos(), angles.sin()], 1)  # [pitches, 2 * periods]
        self.register_buffer("waves", waves, persistent=False)
        self.over_time = _OverTime(grid, waves.shape[1] * tracks, width)

    def forward(self, x: Tensor) -> Tensor:
        moves = functional.pad(self.moves(x), (0, 0, 1, 0))  # nothing moves at the first step
        out: Tensor = self.over_time(moves.transpose(2, 3).flatten(1, 2))
        return out

    def moves(self, x: Tensor) -> Tensor:
        """Return the waves of the intervals at each step but the first, ``[B, T, S - 1, C]``."""
        real, imaginary = (x @ self.waves).chunk(2, -1)  # [B, 2, T, S, periods]
        a, b = real[:, 0, :, :-1], imaginary[:, 0, :, :-1]  # what sounded a step before
        c, d = real[:, 1, :, 1:], imaginary[:, 1, :, 1:]  # what starts
        return torch.cat([a * c + b * d, a * d - b * c], -1)  # (a - bi)(c + di)


class _OverTime(nn.Module):
    """Numbers of each step, ``[B, C, S] -> [B, width]``: convolutions over steps, then beats."""

    def __init__(self, grid: Grid, channels: int, width: int) -> None:
        super().__init__()
        step = grid.steps_per_beat
        self.first = nn.Conv1d(channels, width, 2 * step + 1, padding=step)
        self.beat = nn.Conv1d(width, width, step, step)
        self.out = nn.Linear(width * grid.bars * grid.beats_per_bar, width)

    def forward(self, x: Tensor) -> Tensor:
        x = lrelu(self.beat(lrelu(self.first(x))))
        out: Tensor = self.out(x.flatten(1))
        return out


def _parts(x: Tensor, parts: int) -> Tensor:
    """Split the steps of ``[B, T, S, C]`` into equal parts, ``[B, T, parts, S / parts, C]``."""
    batch, tracks, _, channels = x.shape
    return x.view(batch, tracks, parts, -1, channels)


def _wrapped(x: Tensor, axis: int) -> Tensor:
    """Append all but the last pitch class again, so that a full-size kernel sees each rotation."""
    return torch.cat([x, x.narrow(axis, 0, PITCH_CLASSES - 1)], axis)
