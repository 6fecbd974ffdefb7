"""MIDI files that are written by hand are read by libraries as the domain's own."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import mido
import numpy as np
import pretty_midi
import pytest
import torch

from omnigan_music.config import MusicConfig
from omnigan_music.domain import MusicDomain
from omnigan_music.grid import Grid, Voice
from omnigan_music.midi_file import write
from omnigan_music.write import notes_of, to_midi

VOICES = (
    Voice("Lead, ä", 73, False, True, 60, 71),
    Voice("Chords", 0, False, False, 48, 66),
    Voice("Kit", 0, True, False, 35, 51),
)
GRIDS = {
    "common": Grid(VOICES, 4, 4, 4, 2, 97.3),
    "waltz": Grid(VOICES, 3, 4, 3, 1, 120.0),
    "compound": Grid(VOICES, 6, 8, 2, 1, 61.0),
    "many": Grid(VOICES[:1] * 20, 2, 4, 2, 1, 120.0),
}


def facts(grid: Grid) -> dict[str, object]:
    """Return what a domain with such a grid says."""
    options = SimpleNamespace(generator=MusicConfig().generator)
    return dict(MusicDomain.standalone(SimpleNamespace(grid=grid, config=options)).show)  # type: ignore[arg-type]


def rows(midi: pretty_midi.PrettyMIDI) -> list[list[tuple[int, int, int, int]]]:
    return [
        sorted(
            (midi.time_to_tick(note.start), midi.time_to_tick(note.end), note.pitch, note.velocity)
            for note in track.notes
        )
        for track in midi.instruments
    ]


@pytest.mark.parametrize("name", GRIDS)
def test_notes_tracks_and_meter_are_those_of_the_domain(name: str, tmp_path: Path) -> None:
    grid = GRIDS[name]
    for seed in range(4):
        rng = torch.Generator().manual_seed(seed)
        x = (torch.rand(grid.shape, generator=rng) < 0.3).float()
        path = write(x.numpy(), facts(grid), tmp_path / f"{seed}")
        to_midi(x, grid).write(str(tmp_path / "own.mid"))
        made, own = (pretty_midi.PrettyMIDI(str(each)) for each in (path, tmp_path / "own.mid"))
        assert rows(made) == rows(own)
        assert sum(map(len, rows(made))) == len(notes_of(x, grid))
        kinds = [
            [(each.name, each.program, each.is_drum) for each in midi.instruments]
            for midi in (made, own)
        ]
        assert kinds[0] == kinds[1]
        assert made.resolution == own.resolution
        assert np.allclose(made.get_tempo_changes(), own.get_tempo_changes(), rtol=1e-5)
        assert [str(each) for each in made.time_signature_changes] == [
            str(each) for each in own.time_signature_changes
        ]


def test_a_note_that_is_struck_again_ends_before_it_begins(tmp_path: Path) -> None:
    grid = GRIDS["common"]
    x = torch.zeros(grid.shape)
    x[0, 0, :8, 12] = x[1, 0, 0, 12] = x[1, 0, 4, 12] = 1
    file = mido.MidiFile(write(x.numpy(), facts(grid), tmp_path / "twice"))
    track = file.tracks[1]
    assert [each.type for each in track if not each.is_meta] == [
        *("program_change", "note_on", "note_off", "note_on", "note_off"),
    ]
    assert [each.time for each in track if each.type.startswith("note_")] == [0, 480, 0, 480]


def test_silence_is_a_file_too(tmp_path: Path) -> None:
    grid = GRIDS["waltz"]
    path = write(np.zeros(grid.shape, np.float32), facts(grid), tmp_path / "silence")
    assert [len(each.notes) for each in pretty_midi.PrettyMIDI(str(path)).instruments] in ([], [0])
