"""Phrases as lists of notes, the form that every metric reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from omnigan_music.grid import Grid

__all__ = ["Bools", "Floats", "Ints", "NoteTable", "PhraseSet", "fold", "melodic"]

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NoteTable:
    """Notes in order of phrase, track, start and pitch; each column is ``[K]`` int64.

    ``start`` and ``length`` are in steps, ``pitch`` is a MIDI pitch.
    """

    phrase: Ints
    track: Ints
    start: Ints
    length: Ints
    pitch: Ints

    def __len__(self) -> int:
        return len(self.phrase)

    def where(self, chosen: Bools | Ints) -> NoteTable:
        """Return the notes at a mask or at indices ``[K]``."""
        return NoteTable(
            self.phrase[chosen],
            self.track[chosen],
            self.start[chosen],
            self.length[chosen],
            self.pitch[chosen],
        )


@dataclass(frozen=True)
class PhraseSet:
    """A set of phrases.

    Attributes:
        grid: What a cell means.
        roll: ``[N, T, S, P]``, true while a pitch sounds.
        begin: ``[N, T, S, P]``, true on the first step of a note: where there is an onset, and
            where the roll begins without one.
    """

    grid: Grid
    roll: Bools
    begin: Bools

    @classmethod
    def of(cls, grid: Grid, x: Tensor | NDArray[np.generic]) -> PhraseSet:
        """Read examples ``[N, 2, T, S, P]``; cells above one half count as 1.

        Raises:
            ValueError: The shape is not the grid's.
        """
        array = x.detach().cpu().numpy() if isinstance(x, Tensor) else np.asarray(x)
        if array.ndim != 5 or array.shape[1:] != grid.shape:
            raise ValueError(f"phrases must be [N, {grid.shape}], not {array.shape}")
        roll = array[:, 0] > 0.5
        begin = array[:, 1] > 0.5
        begin[:, :, 0] = True
        begin[:, :, 1:] |= ~roll[:, :, :-1]
        return cls(grid, roll, begin & roll)

    def __len__(self) -> int:
        return len(self.roll)

    def part(self, first: int, most: int) -> PhraseSet:
        """Return at most so many of the phrases, from one on."""
        chosen = slice(first, first + most)
        return PhraseSet(self.grid, self.roll[chosen], self.begin[chosen])

    @cached_property
    def notes(self) -> NoteTable:
        """Every note. A note ends where its pitch stops or begins anew, or with the phrase."""
        cells = np.nonzero(self.roll)
        # Along each pitch in time, a cell belongs to the last note that began.
        order = np.lexsort((cells[2], cells[3], cells[1], cells[0]))
        phrase, track, step, pitch = (axis[order] for axis in cells)
        first = self.begin[phrase, track, step, pitch]
        length = np.bincount(np.cumsum(first) - 1, minlength=0).astype(np.int64)
        phrase, track, step, pitch = (axis[first] for axis in (phrase, track, step, pitch))
        order = np.lexsort((pitch, step, track, phrase))
        return NoteTable(phrase, track, step, length, pitch + self.grid.low).where(order)

    @cached_property
    def melodic_notes(self) -> NoteTable:
        """The notes of all tracks but drums."""
        return self.notes.where(np.isin(self.notes.track, melodic(self.grid)))

    @cached_property
    def line(self) -> NoteTable:
        """The top line of each melodic track: of notes that start together, the highest.

        The whole track where it is monophonic; for chords, the skyline of Uitdenbogerd & Zobel
        (1998).
        """
        notes = self.melodic_notes
        last = np.ones(len(notes), bool)
        last[:-1] = (
            (notes.phrase[1:] != notes.phrase[:-1])
            | (notes.track[1:] != notes.track[:-1])
            | (notes.start[1:] != notes.start[:-1])
        )
        return notes.where(last)

    @cached_property
    def successive(self) -> tuple[NoteTable, NoteTable]:
        """Neighbours in `line`: each note that another one follows in its track, and that one."""
        line = self.line
        same = (line.phrase[1:] == line.phrase[:-1]) & (line.track[1:] == line.track[:-1])
        first = np.flatnonzero(same)
        return line.where(first), line.where(first + 1)


def melodic(grid: Grid) -> list[int]:
    """Return the indices of the tracks that are not drums."""
    return [index for index, voice in enumerate(grid.voices) if not voice.drums]


def fold(grid: Grid) -> Floats:
    """Return ``[P, 12]``, the matrix that adds up pitches by pitch class; class 0 is C."""
    return np.eye(12)[(grid.low + np.arange(grid.pitches)) % 12]
