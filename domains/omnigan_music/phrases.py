"""Phrases: windows of bars as tensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from omnigan.domain import Batch
from omnigan_music.grid import Grid
from omnigan_music.pieces import LENGTH, PITCH, START, TRACK, Notes, Piece, clip

__all__ = ["Phrases", "roll_of", "windows"]

Roll = NDArray[np.float32]


class Phrases:
    """A :class:`omnigan.domain.Source` of phrases ``[2, tracks, steps, pitches]``, values 0 and 1.

    A phrase is ``grid.bars`` consecutive bars; one starts every ``hop`` bars of each piece. It
    does not cross a change of meter, and at least half of its bars have a note.

    Args:
        pieces: Pieces on the same grid.
        grid: The grid.
        hop: Bars from the start of one phrase to the next.
        transpose: Each reading shifts the phrase by up to so many semitones either way, drums
            excepted, as far as every note stays within the range of its voice.
        label_names: If not empty, phrases have the condition ``label``, an int64 scalar: the
            position of the piece's label in this list.
    """

    def __init__(
        self,
        pieces: Sequence[Piece],
        grid: Grid,
        hop: int = 1,
        transpose: int = 0,
        label_names: Sequence[str] = (),
    ) -> None:
        self.grid = grid
        # The grid works these out anew each time it is asked, and read() must be quick.
        self._shape, self._lowest = grid.shape, grid.low
        self._bar, self._steps = grid.steps_per_bar, grid.steps
        self._transpose = transpose
        self._notes = [piece.notes for piece in pieces]
        self._longest = [int(notes[:, LENGTH].max(initial=1)) for notes in self._notes]
        self._labels = [_label(piece, label_names) for piece in pieces]
        self._where = [
            (number, bar)
            for number, piece in enumerate(pieces)
            for bar in windows(piece, grid, hop)
        ]
        drums = np.array([voice.drums for voice in grid.voices])
        self._moves = ~drums
        # Where no note limits the shift (drums, or silence), these leave room for any shift.
        self._low = np.where(drums, -1_000, [voice.low for voice in grid.voices])
        self._high = np.where(drums, 1_000, [voice.high for voice in grid.voices])

    def __len__(self) -> int:
        return len(self._where)

    @property
    def labels(self) -> NDArray[np.int64]:
        """The number of each phrase's label, of those that have one."""
        owners = (self._labels[number] for number, _ in self._where)
        return np.array([label for label in owners if label is not None], np.int64)

    def notes(self, index: int) -> Notes:
        """Return the notes of one phrase, untransposed, in steps from its start."""
        number, bar = self._where[index]
        notes = self._notes[number]
        first = bar * self._bar
        last = first + self._steps
        lines = np.searchsorted(notes[:, START], (first - self._longest[number], last))
        return clip(notes[lines[0] : lines[1]], first, last)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        """Return one phrase; the transposition draws from ``rng``."""
        notes = self.notes(index)
        if self._transpose:
            low, high = self._shifts(notes)
            shift = int(torch.randint(low, high + 1, (), generator=rng))
            notes[:, PITCH] += shift * self._moves[notes[:, TRACK]]
        label = self._labels[self._where[index][0]]
        cond = {} if label is None else {"label": torch.tensor(label)}
        return Batch(torch.from_numpy(_drawn(notes, self._shape, self._lowest)), cond)

    def _shifts(self, notes: Notes) -> tuple[int, int]:
        """Return the lowest and the highest transposition that keeps every note in range."""
        track, pitch = notes[:, TRACK], notes[:, PITCH]
        low = int((self._low[track] - pitch).max(initial=-self._transpose))
        high = int((self._high[track] - pitch).min(initial=self._transpose))
        return low, high


def windows(piece: Piece, grid: Grid, hop: int) -> list[int]:
    """Return the bars at which phrases of a piece start."""
    crosses = np.zeros(piece.bars + 1, np.int64)
    crosses[list(piece.breaks)] = 1
    crosses = np.concatenate([[0], np.cumsum(crosses)])
    start = piece.notes[:, START] // grid.steps_per_bar
    end = (piece.notes[:, START] + piece.notes[:, LENGTH] - 1) // grid.steps_per_bar
    change = np.zeros(piece.bars + 1, np.int64)
    np.add.at(change, start, 1)
    np.add.at(change, end + 1, -1)
    filled = np.concatenate([[0], np.cumsum(np.cumsum(change)[:-1] > 0)])
    return [
        bar
        for bar in range(0, piece.bars - grid.bars + 1, hop)
        if crosses[bar + grid.bars] == crosses[bar + 1]
        and 2 * (filled[bar + grid.bars] - filled[bar]) >= grid.bars
    ]


def roll_of(notes: Notes, grid: Grid) -> Roll:
    """Draw notes (within the grid) as a phrase ``[2, tracks, steps, pitches]``."""
    return _drawn(notes, grid.shape, grid.low)


def _drawn(notes: Notes, shape: tuple[int, int, int, int], low: int) -> Roll:
    x = np.zeros(shape, np.float32)
    roll, onsets = x.reshape(2, -1)
    _, _, steps, pitches = shape
    track, start, length, pitch = notes.T
    cell = (track * steps + start) * pitches + (pitch - low)
    onsets[cell] = 1
    # Note by note, steps 0, 1, ... are a running count less the steps of the notes before.
    after = length.cumsum()
    step = np.arange(after[-1] if len(after) else 0)
    first = cell - (after - length) * pitches
    roll[first.repeat(length) + step * pitches] = 1
    return x


def _label(piece: Piece, names: Sequence[str]) -> int | None:
    return names.index(piece.label) if names and piece.label is not None else None
