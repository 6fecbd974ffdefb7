"""Phrases as MIDI: the inverse of reading, to the step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pretty_midi
from numpy.typing import NDArray

from omnigan_music.grid import Grid
from omnigan_music.pieces import LENGTH, PITCH, START, TRACK

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["notes_of", "to_midi"]

VELOCITY = 90


def notes_of(x: Tensor | NDArray[Any], grid: Grid) -> NDArray[np.int64]:
    """Return the notes of a phrase.

    A note begins at an onset, or where its pitch starts to sound without one, and lasts until its
    pitch stops or has its next onset; drum hits are one step long. An onset sounds for at least
    its own step, whatever the roll says.

    Args:
        x: ``[2, tracks, steps, pitches]``, roll and onsets; above 0.5 is on.
        grid: The grid.

    Returns:
        ``[N, 4]``: track, start and length in steps, MIDI pitch; sorted by start.
    """
    on = np.asarray(x) > 0.5
    if on.shape != grid.shape:
        raise ValueError(f"a phrase of this grid has shape {grid.shape}, not {on.shape}")
    struck = on[1]
    sounds = on[0] | struck
    before = np.zeros_like(sounds)
    before[:, 1:] = sounds[:, :-1]
    begins = struck | (sounds & ~before)
    # Reading pitch by pitch, a note ends before the next cell that is silent or begins a note.
    by_pitch = (0, 2, 1)
    begin = np.pad(begins.transpose(by_pitch), ((0, 0), (0, 0), (0, 1)))
    sound = np.pad(sounds.transpose(by_pitch), ((0, 0), (0, 0), (0, 1)))
    ends = np.flatnonzero(begin | ~sound)
    track, pitch, start = np.nonzero(begin)
    cell = np.flatnonzero(begin)
    length = ends[np.searchsorted(ends, cell, side="right")] - cell
    notes = np.stack([track, start, length, pitch + grid.low], axis=1)
    drums = np.array([voice.drums for voice in grid.voices])
    notes[drums[track], LENGTH] = 1
    return notes[np.lexsort((notes[:, PITCH], notes[:, TRACK], notes[:, START]))]


def to_midi(x: Tensor | NDArray[Any], grid: Grid) -> pretty_midi.PrettyMIDI:
    """Return a phrase ``[2, tracks, steps, pitches]`` as MIDI; see :func:`notes_of`.

    Every voice is a track of the file with its name and program, drums on channel 10. A step is a
    whole number of ticks, so that reading the file gives the same notes again.
    """
    midi = pretty_midi.PrettyMIDI(
        resolution=grid.resolution, initial_tempo=grid.tempo, charset="utf-8"
    )
    midi.time_signature_changes.append(
        pretty_midi.TimeSignature(grid.beats_per_bar, grid.beat_unit, 0.0)
    )
    midi.instruments = [
        pretty_midi.Instrument(program=voice.program, is_drum=voice.drums, name=voice.name)
        for voice in grid.voices
    ]
    notes = notes_of(x, grid)
    seconds = 60.0 / grid.tempo / grid.resolution * grid.ticks_per_step
    for track, start, length, pitch in notes.tolist():
        midi.instruments[track].notes.append(
            pretty_midi.Note(VELOCITY, pitch, start * seconds, (start + length) * seconds)
        )
    return midi
