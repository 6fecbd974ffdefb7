from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from omnigan_music.metrics import originality


def cells(grid, notes, phrase, shift=0):
    """The sounding cells of a phrase, drums never moved."""
    return {
        (t, step, p + (0 if grid.voices[t].drums else shift))
        for n, t, s, length, p in notes
        if n == phrase
        for step in range(s, s + length)
    }


def test_nearest_by_sets(grid, written, composed):
    """Against symmetric differences of sets of cells; what leaves the window differs."""
    g = grid("ABD", bars=1, drums="D")
    ours, theirs = composed(g, 5, 0), composed(g, 7, 1)
    found = originality.nearest_phrases(written(g, ours, 5), written(g, theirs, 7))
    expected = [
        min(
            len(cells(g, ours, i, shift) ^ cells(g, theirs, j))
            for j in range(7)
            for shift in range(-3, 4)
        )
        for i in range(5)
    ]
    assert found.tolist() == expected


def test_a_transposed_copy_is_at_distance_zero(grid, written, composed):
    g = grid("AD", drums="D")
    theirs = [n for n in composed(g, 3, 0) if 40 < n[4] < 77]
    moved = [(n, t, s, m, p + (3 if t == 0 else 0)) for n, t, s, m, p in theirs if n == 1]
    moved = [(0, *note[1:]) for note in moved]
    training = written(g, theirs, 3)
    assert originality.nearest(written(g, moved), training) == {"mean": 0.0, "minimum": 0.0}
    further = [(n, t, s, m, p + (1 if t == 0 else 0)) for n, t, s, m, p in moved]
    assert originality.nearest(written(g, further), training)["minimum"] > 0


def test_blocks_do_not_matter(grid, written, composed, monkeypatch):
    g = grid("AB", bars=1)
    ours, theirs = written(g, composed(g, 4, 0), 4), written(g, composed(g, 30, 1), 30)
    whole = originality.nearest_phrases(ours, theirs).tolist()
    monkeypatch.setattr(originality, "_BLOCK", 7)
    assert originality.nearest_phrases(ours, theirs).tolist() == whole


def test_longest_copies_by_sets(grid, written, composed):
    """Against sets of all runs of every length, on one pitch so that runs do repeat."""
    g = grid("AB")

    def drone(phrases, seed):
        return [(n, t, s, m, 60) for n, t, s, m, _ in composed(g, phrases, seed)]

    def runs(notes, phrase, length):
        line = sorted(note[2:] for note in notes if note[0] == phrase and note[1] == 1)
        pairs = [(b[2] - a[2], a[1]) for a, b in pairwise(line)]
        return {tuple(pairs[i : i + length]) for i in range(len(pairs) - length + 1)}

    ours, theirs = drone(6, 0), drone(9, 1)
    found = originality.longest_copies(written(g, ours, 6), written(g, theirs, 9), 1)
    for phrase in range(6):
        length = 0
        while any(runs(ours, phrase, length + 1) & runs(theirs, j, length + 1) for j in range(9)):
            length += 1
        assert found[phrase] == length
    assert found.max() > 2


def test_copied_passage(grid, written, composed):
    """Four notes, transposed and moved in time, give three pairs; the other track gives none."""
    g = grid("AB")
    tune = [(60, 3), (62, 1), (65, 2), (64, 5)]
    theirs, ours, there, here = [], [], 0, 7
    for pitch, length in tune:
        theirs.append((0, 0, there, length, pitch))
        ours.append((0, 0, here, length, pitch + 5))
        there, here = there + length, here + length
    ours.append((0, 1, 0, 4, 50))
    found = originality.copied_notes(written(g, ours), written(g, theirs))
    assert found == {"A mean": 3.0, "A longest": 3.0, "B mean": 0.0, "B longest": 0.0}


def test_a_set_against_itself_is_copied_whole(grid, written, composed):
    g = grid("A")
    notes = composed(g, 4, 0)
    phrases = written(g, notes, 4)
    pairs = np.bincount([n[0] for n in notes]) - 1
    assert originality.longest_copies(phrases, phrases, 0).tolist() == pairs.tolist()


def test_distinct_phrases(grid, written):
    """The third differs from the first only in repeating the note."""
    g = grid("A", bars=1)
    notes = [(0, 0, 0, 4, 60), (1, 0, 0, 4, 60), (2, 0, 0, 2, 60), (2, 0, 2, 2, 60)]
    assert originality.distinct_phrases(written(g, notes, 3)) == pytest.approx(2 / 3)


def test_no_training_phrases(grid, written):
    with pytest.raises(ValueError, match="no training phrases"):
        originality.nearest(written(grid("A"), []), written(grid("A"), [], 0))
