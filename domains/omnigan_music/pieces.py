"""Pieces on the grid: whole bars of the chosen meter, notes in steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from omnigan_music.config import Track
from omnigan_music.grid import Grid, Voice
from omnigan_music.raw import BarRun, RawPiece, bar_runs
from omnigan_music.tracks import gathered

__all__ = ["NOTE_COLUMNS", "Notes", "Piece", "quantise"]

Notes = NDArray[np.int32]
"""``[N, 4]``, one row per note, in the order of :data:`NOTE_COLUMNS`, sorted by start."""

NOTE_COLUMNS = ("track", "start", "length", "pitch")
TRACK, START, LENGTH, PITCH = range(4)


@dataclass(frozen=True)
class Piece:
    """The bars of one piece that are in the chosen meter, one after the other.

    Attributes:
        name: Name of the piece.
        label: Its label, when labels are in use.
        bars: Number of bars.
        breaks: Sorted bar numbers that do not follow the bar before them in the music, because
            bars in another meter were left out there. No phrase crosses one.
        notes: :data:`Notes` in steps from the first of these bars; pitch is MIDI pitch. No note
            crosses a break or the end.
    """

    name: str
    label: str | None
    bars: int
    breaks: tuple[int, ...]
    notes: Notes

    def part(self, first: int, bars: int, steps_per_bar: int) -> Piece:
        """Return some of its bars as a piece of its own; notes are cut at both ends."""
        breaks = tuple(bar - first for bar in self.breaks if first < bar < first + bars)
        notes = clip(self.notes, first * steps_per_bar, (first + bars) * steps_per_bar)
        return Piece(self.name, self.label, bars, breaks, notes)


def clip(notes: Notes, first: int, last: int) -> Notes:
    """Return the notes that sound in steps ``first`` to ``last`` (excluded), counted from first."""
    start = np.maximum(notes[:, START], first)
    end = np.minimum(notes[:, START] + notes[:, LENGTH], last)
    inside = end > start
    cut: Notes = notes[inside]
    cut[:, START] = start[inside] - first
    cut[:, LENGTH] = (end - start)[inside]
    return cut


def quantise(
    piece: RawPiece, tracks: Sequence[Track], grid: Grid, label: str | None = None
) -> tuple[Piece, Counter[str]]:
    """Put a piece on the grid.

    Starts and ends go to the nearest step; a note is at least one step long, a drum hit exactly
    one. In a monophonic track a new note ends the old one, and of notes that start together the
    highest stays (the lowest, if the track's name contains "bass"). Notes outside the range of
    their track are left out: folding them by an octave would change the melody.

    Returns:
        The piece, and how often each of these things was done.
    """
    counts: Counter[str] = Counter()
    times, values, counts["notes that no track takes"] = gathered(tracks, piece)
    parts: list[Notes] = [np.zeros((0, 4), np.int32)]
    breaks = []
    bars = 0
    runs = bar_runs(piece)
    for number, run in enumerate(runs):
        if run.meter != f"{grid.beats_per_bar}/{grid.beat_unit}":
            is_pickup = number == 0 and len(runs) > 1 and run.bars == 1 and run.bar < runs[1].bar
            counts["pickups" if is_pickup else "bars in other meters"] += run.bars
            continue
        if bars:
            breaks.append(bars)
        steps = run.bars * grid.steps_per_bar
        notes = _in_range(_on_grid(times, values, run, grid), grid.voices, counts)
        for track, voice in enumerate(grid.voices):
            line = _line(notes[notes[:, TRACK] == track], voice, counts)
            line = clip(line, 0, steps)
            line[:, START] += bars * grid.steps_per_bar
            parts.append(line)
            counts["drum notes"] += len(line) * voice.drums
        bars += run.bars
    notes = np.concatenate(parts)
    notes = notes[np.lexsort((notes[:, PITCH], notes[:, TRACK], notes[:, START]))]
    counts["bars"] = bars
    counts["notes"] = len(notes)
    return Piece(piece.name, label, bars, tuple(breaks), notes), counts


def _on_grid(
    times: NDArray[np.float64], values: NDArray[np.int64], run: BarRun, grid: Grid
) -> Notes:
    """Return the notes that sound in one run of bars, in steps from its first bar.

    Notes that began before it have a negative start, so that a later one still ends them.
    """
    # floor(x + 1/2): half a step always goes the same way; np.round goes to even numbers.
    near = np.floor((times - run.start) / grid.quarters_per_step + 0.5)
    start, end = near.astype(np.int64).T
    end = np.maximum(end, start + 1)
    drums = np.array([voice.drums for voice in grid.voices])[values[:, 0]]
    end = np.where(drums, start + 1, end)
    inside = (end > 0) & (start < run.bars * grid.steps_per_bar)
    columns = [values[inside, 0], start[inside], (end - start)[inside], values[inside, 1]]
    return np.stack(columns, axis=1).astype(np.int32)


def _in_range(notes: Notes, voices: Sequence[Voice], counts: Counter[str]) -> Notes:
    low = np.array([voice.low for voice in voices])[notes[:, TRACK]]
    high = np.array([voice.high for voice in voices])[notes[:, TRACK]]
    inside = (notes[:, PITCH] >= low) & (notes[:, PITCH] <= high)
    counts["notes out of range"] += int((~inside).sum())
    return notes[inside]


def _line(notes: Notes, voice: Voice, counts: Counter[str]) -> Notes:
    """Resolve what cannot sound together within one track."""
    if voice.monophonic:
        lowest = "bass" in voice.name.lower()
        rank = notes[:, PITCH] if lowest else -notes[:, PITCH]
        notes = notes[np.lexsort((-notes[:, LENGTH], rank, notes[:, START]))]
        group = np.zeros(len(notes), np.int32)
    else:
        notes = notes[np.lexsort((-notes[:, LENGTH], notes[:, START], notes[:, PITCH]))]
        group = notes[:, PITCH]
    # Of notes that start together in one group the first in this order stays.
    first = np.ones(len(notes), bool)
    first[1:] = (np.diff(notes[:, START]) != 0) | (np.diff(group) != 0)
    counts["simultaneous notes left out"] += int((~first).sum())
    notes, group = notes[first], group[first]
    following = np.full(len(notes), np.iinfo(np.int32).max, np.int32)
    same = np.diff(group) == 0
    following[:-1][same] = notes[1:, START][same]
    over = notes[:, START] + notes[:, LENGTH] > following
    counts["overlapping notes cut"] += int(over.sum())
    notes[over, LENGTH] = (following - notes[:, START])[over]
    return notes
