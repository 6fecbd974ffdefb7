"""What each track has for itself in the default generator: layers, and a head for its notes."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from omnigan_music.grid import Grid, Voice
from omnigan_music.networks.blocks import lrelu
from omnigan_music.networks.heads import drum_notes, monophonic_notes, polyphonic_notes
from omnigan_music.networks.leaps import INTERVALS, RAREST, preference, reached

__all__ = ["MonophonicVoice", "PrivateVoice", "private_voice"]

GUMBEL = math.pi / 6**0.5
LOGISTIC = math.pi / 3**0.5
"""Standard deviations of the standard Gumbel and logistic distributions."""
SLIGHT = 0.5
"""Standard deviation that the logits of intervals begin with, around what the data prefer."""


class PrivateVoice(nn.Module, ABC):
    """One track's private layers: features ``[B, C, S]`` to logits ``[B, 1, S, outputs]``.

    Args:
        channels: Of the features.
        hidden: Channels between.
        grid: Layout of a phrase.
        voice: The track.
        outputs: Logits of a step.
    """

    def __init__(self, channels: int, hidden: int, grid: Grid, voice: Voice, outputs: int) -> None:
        super().__init__()
        self.pitches = voice.high - voice.low + 1
        self.margin = (voice.low - grid.low, grid.high - voice.high)
        self.bars = grid.bars
        self.hidden = nn.Conv1d(channels, hidden, 3, padding=1)
        self.out = nn.Conv1d(hidden, outputs, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs, grid.steps_per_bar))

    def forward(self, x: Tensor) -> Tensor:
        logits = self.out(lrelu(self.hidden(x))) + self.bias.repeat(1, self.bars)
        y: Tensor = logits.transpose(1, 2).unsqueeze(1).float()
        return y

    def notes(self, logits: Tensor) -> Tensor:
        """Return notes ``[B, 2, 1, S, P]`` of logits ``[B, 1, S, outputs]``; P is the grid's."""
        return nn.functional.pad(self._notes(logits), self.margin)

    @abstractmethod
    def _notes(self, logits: Tensor) -> Tensor:
        """Return notes ``[B, 2, 1, S, P]``; P is the track's own."""

    @abstractmethod
    def _frequencies(self, roll: Tensor, onsets: Tensor) -> Tensor:
        """Return the biases ``[outputs, steps of a bar]`` at which notes are as often as in data.

        Args:
            roll: How often each pitch sounds, ``[P, steps of a bar]``.
            onsets: How often each pitch starts, ``[P, steps of a bar]``.
        """

    def _spread(self) -> Tensor:
        """Return the standard deviations ``[outputs]`` of a fresh network's logits."""
        return torch.full((len(self.bias),), LOGISTIC)

    def start_from(self, phrases: Tensor, x: Tensor) -> None:
        """Set biases and scale from one track of phrases ``[N, 2, 1, S, P]`` and features."""
        cells = self._cells(phrases)
        bars = cells.view(len(cells), 2, self.bars, -1, self.pitches).mean((0, 2))
        self.bias.copy_(self._frequencies(*bars.transpose(1, 2)))
        logits = self.out(lrelu(self.hidden(x)))
        scale = self._spread() / logits.std((0, 2))
        self.out.weight *= scale.view(-1, 1, 1)
        self.bias.sub_((logits.mean((0, 2)) * scale).unsqueeze(1))

    def _cells(self, phrases: Tensor) -> Tensor:
        """Return the part of phrases ``[N, 2, 1, S, P]`` that is within the track's range."""
        first = self.margin[0]
        return phrases[:, :, 0, :, first : first + self.pitches].contiguous()


class DrumVoice(PrivateVoice):
    """A track of hits."""

    def __init__(self, channels: int, hidden: int, grid: Grid, voice: Voice) -> None:
        super().__init__(channels, hidden, grid, voice, voice.high - voice.low + 1)

    def _notes(self, logits: Tensor) -> Tensor:
        return drum_notes(logits)

    def _frequencies(self, roll: Tensor, onsets: Tensor) -> Tensor:
        return torch.logit(onsets, RAREST)


class PolyphonicVoice(PrivateVoice):
    """A track of any number of pitches at a time."""

    def __init__(self, channels: int, hidden: int, grid: Grid, voice: Voice) -> None:
        super().__init__(channels, hidden, grid, voice, 2 * (voice.high - voice.low + 1))

    def _notes(self, logits: Tensor) -> Tensor:
        return polyphonic_notes(*logits.chunk(2, -1))

    def _frequencies(self, roll: Tensor, onsets: Tensor) -> Tensor:
        return torch.cat([torch.logit(onsets, RAREST), _log_odds_of_release(roll, onsets)])


class MonophonicVoice(PrivateVoice):
    """A track of one pitch at a time.

    Logits are of its pitches and a rest, of the gate that starts a note, and where the voice is
    ``melodic`` of the intervals from the pitch before.
    """

    def __init__(
        self, channels: int, hidden: int, grid: Grid, voice: Voice, *, melodic: bool
    ) -> None:
        outputs = voice.high - voice.low + 3
        super().__init__(channels, hidden, grid, voice, outputs + INTERVALS * melodic)
        self.melodic = melodic

    def in_grid(self, logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the logits of all the grid's pitches and rest, of the gate, and of intervals."""
        pitch, rest = logits[..., : self.pitches], logits[..., self.pitches, None]
        within = nn.functional.pad(pitch, self.margin, value=-torch.inf)
        attack, leaps = logits[..., self.pitches + 1], logits[..., -INTERVALS:]
        return torch.cat([within, rest], -1), attack, leaps

    def moved(self, logits: Tensor, last: Tensor) -> Tensor:
        """Add to the logits of pitches what those of intervals say.

        Args:
            logits: ``[B, 1, S, outputs]``.
            last: The pitch that came before, as one of the grid's, ``[B, 1, S]``.
        """
        bias = reached(logits[..., -INTERVALS:], last - self.margin[0], self.pitches)
        return logits + nn.functional.pad(bias, (0, logits.shape[-1] - self.pitches))

    def _notes(self, logits: Tensor) -> Tensor:
        rest = self.pitches + 1
        return monophonic_notes(logits[..., :rest], logits[..., rest])

    def _frequencies(self, roll: Tensor, onsets: Tensor) -> Tensor:
        rest = (1 - roll.sum(0)).mean().clamp(RAREST).log()
        pitch = roll.mean(1, keepdim=True).clamp(RAREST).log().expand_as(roll)
        attack = torch.logit(onsets.sum(0, keepdim=True), RAREST)
        leaps = attack.new_zeros(len(self.bias) - len(pitch) - 2, attack.shape[1])
        return torch.cat([pitch, rest.expand_as(attack), attack, leaps])

    def _spread(self) -> Tensor:
        spread = torch.full((len(self.bias),), SLIGHT)
        spread[: self.pitches + 1] = GUMBEL
        spread[self.pitches + 1] = LOGISTIC
        return spread

    def start_from(self, phrases: Tensor, x: Tensor) -> None:
        super().start_from(phrases, x)
        if self.melodic:
            self.bias[-INTERVALS:] += preference(*self._cells(phrases).unbind(1)).unsqueeze(1)


def _log_odds_of_release(roll: Tensor, onsets: Tensor) -> Tensor:
    """Return the log odds that a sounding pitch ends at a step, ``[P, steps of a bar]``.

    A pitch that sounded a step before sounds on unless it ends: on = before * (1 - p) + onsets.
    """
    before = roll.roll(1, 1)
    ended = 1 - (roll - onsets).clamp(0) / before.clamp(RAREST)
    return torch.logit(ended.clamp(0, 1), 0.02)


def private_voice(
    channels: int, hidden: int, grid: Grid, voice: Voice, *, melodic: bool
) -> PrivateVoice:
    """Return the private layers that a track's kind of notes takes."""
    if voice.drums:
        return DrumVoice(channels, hidden, grid, voice)
    if voice.monophonic:
        return MonophonicVoice(channels, hidden, grid, voice, melodic=melodic)
    return PolyphonicVoice(channels, hidden, grid, voice)
