"""Phrases written as MIDI files and read back, by us and by others."""

from __future__ import annotations

import io

import mido
import numpy as np
import pretty_midi
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from omnigan_music.config import Track
from omnigan_music.grid import Grid, Voice
from omnigan_music.midi import read_midi
from omnigan_music.phrases import roll_of
from omnigan_music.pieces import quantise
from omnigan_music.write import notes_of, to_midi

VOICES = (
    Voice("Lead", 73, False, True, 60, 72),
    Voice("Chords", 4, False, False, 40, 70),
    Voice("Kit", 0, True, False, 35, 60),
)
TRACKS = (
    Track(name="Lead", pattern="^Lead$"),
    Track(name="Chords", pattern="^Chords$"),
    Track(name="Kit", drums=True),
)


def content(midi: pretty_midi.PrettyMIDI) -> bytes:
    buffer = io.BytesIO()
    midi.write(buffer)
    return buffer.getvalue()


@st.composite
def phrases(draw: st.DrawFn) -> tuple[Grid, NDArray[np.int32]]:
    """Draw a grid, and notes that can sound together on it."""
    beats, unit = draw(st.sampled_from([(4, 4), (3, 4), (6, 8), (2, 2), (5, 4), (7, 16), (3, 1)]))
    grid = Grid(
        VOICES,
        beats,
        unit,
        draw(st.sampled_from([1, 2, 3, 4, 5, 6, 7, 12, 24])),
        draw(st.integers(1, 3)),
        draw(st.floats(10, 400)),
    )
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 2),
                st.integers(0, grid.steps - 1),
                st.integers(1, 2 * grid.steps_per_bar),
                st.integers(0, 30),
            ),
            max_size=25,
        )
    )
    taken: set[tuple[int, int, int]] = set()
    notes = []
    for track, start, length, offset in rows:
        voice = grid.voices[track]
        pitch = min(voice.low + offset, voice.high)
        last = start + (1 if voice.drums else min(length, grid.steps - start))
        cells = {(track, step, 0 if voice.monophonic else pitch) for step in range(start, last)}
        if not cells & taken:
            taken |= cells
            notes.append((track, start, last - start, pitch))
    return grid, np.array(sorted(notes), np.int32).reshape(-1, 4)


@settings(max_examples=120)
@given(case=phrases())
def test_a_phrase_comes_back_as_it_was(case: tuple[Grid, NDArray[np.int32]]) -> None:
    grid, notes = case
    x = roll_of(notes, grid)
    assert sorted(notes_of(x, grid).tolist()) == notes.tolist()
    if not len(notes):
        return
    written = content(to_midi(torch.from_numpy(x), grid))
    piece = read_midi(written, "x")
    assert piece.meters == ((0.0, grid.beats_per_bar, grid.beat_unit),)
    assert piece.tempo == pytest.approx(grid.tempo, rel=1e-4)
    back, counts = quantise(piece, TRACKS, grid)
    np.testing.assert_array_equal(roll_of(back.notes, grid), x)
    assert set(+counts) <= {"bars", "notes", "drum notes"}


@settings(max_examples=40)
@given(case=phrases())
def test_mido_finds_every_note_on_its_step(case: tuple[Grid, NDArray[np.int32]]) -> None:
    grid, notes = case
    file = mido.MidiFile(file=io.BytesIO(content(to_midi(roll_of(notes, grid), grid))))
    ticks = file.ticks_per_beat * 4 / grid.beat_unit / grid.steps_per_beat
    assert ticks == int(ticks)
    found = []
    for track in file.tracks:
        tick, name = 0, ""
        for message in track:
            tick += message.time
            if message.type == "track_name":
                name = message.name
            elif message.type == "note_on" and message.velocity:
                assert (message.channel == 9) == (name == "Kit")
                found.append((name, tick / ticks, message.note))
            elif message.type == "program_change" and message.channel != 9:
                assert message.program == {"Lead": 73, "Chords": 4}[name]
    expected = [(VOICES[track].name, start, pitch) for track, start, _, pitch in notes.tolist()]
    assert sorted(found) == sorted(expected)


GRID = Grid(VOICES, 4, 4, 4, 1, 120.0)


def x_of(*cells: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """Return a tensor that is 1 at the given (plane, track, step, MIDI pitch)."""
    x = np.zeros(GRID.shape, np.float32)
    for plane, track, step, pitch in cells:
        x[plane, track, step, pitch - GRID.low] = 1
    return x


def test_a_roll_without_an_onset_starts_a_note() -> None:
    x = x_of((0, 1, 2, 50), (0, 1, 3, 50), (0, 1, 5, 50))
    assert notes_of(x, GRID).tolist() == [[1, 2, 2, 50], [1, 5, 1, 50]]


def test_an_onset_splits_a_long_roll_and_may_stand_alone() -> None:
    roll = [(0, 1, step, 50) for step in range(4)]
    assert notes_of(x_of(*roll, (1, 1, 0, 50), (1, 1, 2, 50)), GRID).tolist() == [
        [1, 0, 2, 50],
        [1, 2, 2, 50],
    ]
    assert notes_of(x_of((1, 1, 15, 50)), GRID).tolist() == [[1, 15, 1, 50]]


def test_neighbouring_pitches_and_tracks_do_not_run_into_each_other() -> None:
    cells = [(0, 1, 15, 50), (0, 1, 0, 51), (0, 0, 15, 72), (0, 1, 0, 40)]
    assert sorted(notes_of(x_of(*cells), GRID).tolist()) == [
        [0, 15, 1, 72],
        [1, 0, 1, 40],
        [1, 0, 1, 51],
        [1, 15, 1, 50],
    ]


def test_drum_hits_stay_one_step_long() -> None:
    x = x_of((0, 2, 0, 36), (0, 2, 1, 36), (1, 2, 0, 36))
    assert notes_of(x, GRID).tolist() == [[2, 0, 1, 36]]


def test_values_above_a_half_are_on() -> None:
    x = x_of((0, 1, 0, 50))
    assert len(notes_of(torch.from_numpy(x * 0.6), GRID)) == 1
    assert len(notes_of(torch.from_numpy(x * 0.5), GRID)) == 0


def test_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        notes_of(np.zeros((2, 1, 16, 5)), GRID)


def test_seconds_are_those_of_the_tempo() -> None:
    midi = to_midi(x_of((0, 1, 4, 50), (0, 1, 5, 50)), GRID)
    (note,) = midi.instruments[1].notes
    assert (note.start, note.end, note.velocity) == (0.5, 0.75, 90)
    assert [i.name for i in midi.instruments] == ["Lead", "Chords", "Kit"]
