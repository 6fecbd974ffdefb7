from __future__ import annotations

import math

import pytest

from omnigan_music.metrics import melody


def test_moves_from_note_to_note(grid, written):
    """A: repeats, a whole tone, a semitone, a leap down an octave. B: one note. C: silence."""
    pitches = (60, 60, 62, 61, 49)
    notes = [(0, 0, 3 * i, 2, p) for i, p in enumerate(pitches)] + [(0, 1, 0, 4, 40)]
    phrases = written(grid("ABC", bars=1), notes)
    repeated, steps = melody.repeated_notes(phrases), melody.steps(phrases)
    assert repeated["A"] == pytest.approx(1 / 4)
    assert steps["A"] == pytest.approx(2 / 4)
    for track in "BC":
        assert math.isnan(repeated[track])
        assert math.isnan(steps[track])


def test_phrases_do_not_run_into_each_other(grid, written):
    notes = [(0, 0, 0, 4, 60), (0, 0, 4, 4, 67), (1, 0, 0, 4, 67), (1, 0, 4, 4, 68)]
    phrases = written(grid("A", bars=1), notes, 2)
    assert melody.repeated_notes(phrases) == {"A": 0.0}
    assert melody.steps(phrases) == {"A": 0.5}
