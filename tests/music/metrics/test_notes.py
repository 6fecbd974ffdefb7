from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from omnigan_music.grid import Grid, Voice
from omnigan_music.metrics.notes import PhraseSet

SMALL = Grid(
    (Voice("A", 0, False, False, 60, 62), Voice("D", 0, True, False, 60, 62)), 2, 4, 2, 2, 90
)


def rows(notes) -> list[tuple[int, ...]]:
    columns = (notes.phrase, notes.track, notes.start, notes.length, notes.pitch)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def by_loop(x) -> list[tuple[int, ...]]:
    """Read notes cell by cell, as a person would."""
    found = []
    for phrase, (roll, onset) in enumerate(x):
        for track, pitch in np.ndindex(roll.shape[0], roll.shape[2]):
            begun = None
            for step in range(roll.shape[1] + 1):
                sounds = step < roll.shape[1] and roll[track, step, pitch]
                again = sounds and onset[track, step, pitch]
                if begun is not None and (again or not sounds):
                    found.append((phrase, track, begun, step - begun, 60 + pitch))
                    begun = None
                if sounds and begun is None:
                    begun = step
    return sorted(found, key=lambda note: (note[0], note[1], note[2], note[4]))


@settings(max_examples=60)
@given(arrays(np.bool_, st.tuples(st.integers(0, 3), *map(st.just, SMALL.shape))))
def test_notes_as_read_cell_by_cell(x):
    assert rows(PhraseSet.of(SMALL, x.astype(np.float32)).notes) == by_loop(x)


def test_an_onset_splits_a_repeated_note_and_alone_means_nothing(grid):
    g = grid("A", bars=1)
    x = torch.zeros(1, *g.shape)
    x[0, 0, 0, 2:8, 60 - 36] = 1
    x[0, 1, 0, 5, 60 - 36] = 1
    x[0, 1, 0, 9, 64 - 36] = 1
    assert rows(PhraseSet.of(g, x).notes) == [(0, 0, 2, 3, 60), (0, 0, 5, 3, 60)]


def test_tensors_and_arrays_are_read_alike(grid, tensor, composed):
    g = grid()
    x = tensor(g, composed(g, 3, 0), 3)
    expected = sorted(composed(g, 3, 0), key=lambda note: (note[0], note[1], note[2], note[4]))
    assert rows(PhraseSet.of(g, x.requires_grad_()).notes) == expected
    assert rows(PhraseSet.of(g, x.detach().numpy()).notes) == expected


def test_line_is_the_top_of_chords_and_leaves_drums_out(grid, written):
    g = grid("AD", bars=1, drums="D")
    chords = [(0, 0, 0, 4, 60), (0, 0, 0, 4, 64), (0, 0, 4, 4, 67), (0, 1, 0, 1, 40)]
    phrases = written(g, chords)
    assert rows(phrases.line) == [(0, 0, 0, 4, 64), (0, 0, 4, 4, 67)]
    assert [len(part) for part in phrases.successive] == [1, 1]


def test_successive_notes_stay_in_their_track_and_phrase(grid, written):
    g = grid("AB", bars=1)
    notes = [(n, t, s, 2, 60 + s) for n in range(2) for t in range(2) for s in (0, 2, 4)]
    first, second = written(g, notes, 2).successive
    assert len(first) == 8
    assert (second.start - first.start).tolist() == [2] * 8


def test_another_grid_is_refused(grid):
    with pytest.raises(ValueError, match="must be"):
        PhraseSet.of(grid("AB"), np.zeros((1, *grid("ABC").shape)))
