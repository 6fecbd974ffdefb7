"""How much sounds: empty bars, pitch classes in use, note lengths and polyphony."""

from __future__ import annotations

import numpy as np

from omnigan_music.grid import Grid
from omnigan_music.metrics.notes import Bools, Floats, PhraseSet, fold, melodic

__all__ = [
    "empty_bars",
    "mean",
    "pitches_at_once",
    "polyphony",
    "qualified_length",
    "qualified_notes",
    "used_pitch_classes",
]


def mean(values: Floats | Bools) -> float:
    """Return the mean, or NaN of nothing."""
    return float(values.mean()) if values.size else float("nan")


def _bars(cells: Bools, grid: Grid) -> Bools:
    """Return ``[N, bars, columns]``, whether anything of ``[N, S, columns]`` is in a bar."""
    bars = cells.reshape(len(cells), grid.bars, grid.steps_per_bar, cells.shape[-1])
    return np.asarray(bars.any(2))


def empty_bars(phrases: PhraseSet) -> dict[str, float]:
    """Return the share of bars in which a track is silent, by track (Dong et al. 2018)."""
    steps = np.asarray(phrases.roll.any(-1))[..., None]
    return {
        voice.name: 1 - mean(_bars(steps[:, track], phrases.grid))
        for track, voice in enumerate(phrases.grid.voices)
    }


def used_pitch_classes(phrases: PhraseSet) -> dict[str, float]:
    """Return the mean number of pitch classes in a bar that is not empty, by track."""
    values = {}
    for track in melodic(phrases.grid):
        pitches = _bars(phrases.roll[:, track], phrases.grid)
        used = (pitches @ fold(phrases.grid) > 0).sum(-1)
        values[phrases.grid.voices[track].name] = mean(used[used > 0])
    return values


def qualified_length(grid: Grid) -> int:
    """Return the steps from which a note counts as qualified.

    An eighth of a beat, the 32nd note of Dong et al. (2018) at 24 steps per beat, and at least 2:
    what is told apart is a note from a fragment of one step.
    """
    return max(2, -(-grid.steps_per_beat // 8))


def qualified_notes(phrases: PhraseSet) -> dict[str, float]:
    """Return the share of notes that are not fragments, by track; see `qualified_length`."""
    notes, least = phrases.notes, qualified_length(phrases.grid)
    return {
        phrases.grid.voices[track].name: mean(notes.length[notes.track == track] >= least)
        for track in melodic(phrases.grid)
    }


def pitches_at_once(phrases: PhraseSet) -> dict[str, float]:
    """Return the mean number of pitches over the steps where a track sounds, by track."""
    values = {}
    for track in melodic(phrases.grid):
        pitches = phrases.roll[:, track].sum(-1)
        values[phrases.grid.voices[track].name] = mean(pitches[pitches > 0])
    return values


def polyphony(phrases: PhraseSet) -> float:
    """Return the share of steps with more than 2 different pitches in all melodic tracks."""
    pitches = phrases.roll[:, melodic(phrases.grid)].any(1).sum(-1)
    return float(np.mean(pitches > 2))
