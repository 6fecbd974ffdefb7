from __future__ import annotations

import math

import numpy as np
import pytest

from omnigan_music.metrics import texture


def test_empty_bars(grid, written):
    """A track that plays in bar 1 and holds over the bar line into bar 2 has 2 of 4 empty."""
    phrases = written(grid("AB"), [(0, 0, 12, 6, 60), (0, 1, 0, 64, 50), (1, 1, 0, 64, 50)], 2)
    assert texture.empty_bars(phrases) == {"A": 0.75, "B": 0.0}


def test_used_pitch_classes(grid, written):
    """Bar 1 has C (in two octaves) and E, bar 2 a held E, bars 3 and 4 nothing."""
    g = grid("AD", drums="D")
    notes = [(0, 0, 0, 4, 60), (0, 0, 4, 4, 72), (0, 0, 8, 24, 64), (0, 1, 0, 1, 40)]
    assert texture.used_pitch_classes(written(g, notes)) == {"A": 1.5}


def test_qualified_notes(grid, written):
    g = grid("AB", bars=1)
    notes = [(0, 0, s, length, 60) for s, length in ((0, 1), (2, 2), (5, 3), (9, 1))]
    shares = texture.qualified_notes(written(g, notes))
    assert shares["A"] == 0.5
    assert math.isnan(shares["B"])


@pytest.mark.parametrize(("steps_per_beat", "least"), [(1, 2), (4, 2), (12, 2), (24, 3), (48, 6)])
def test_qualified_length(grid, steps_per_beat, least):
    assert texture.qualified_length(grid("A", steps_per_beat=steps_per_beat)) == least


def test_polyphony(grid, written):
    """8 steps of three pitches over two tracks, of which one is in unison for 4 of them."""
    g = grid("AB", bars=1)
    notes = [(0, 0, 0, 8, 60), (0, 0, 0, 8, 64), (0, 1, 0, 4, 64), (0, 1, 4, 4, 55)]
    phrases = written(g, notes)
    assert texture.pitches_at_once(phrases) == {"A": 2.0, "B": 1.0}
    assert texture.polyphony(phrases) == 4 / 16


def test_parity_with_muspy(grid, written, composed, as_muspy):
    import muspy

    for seed in range(5):
        notes = composed(grid(), 1, seed)
        music = as_muspy(grid(), notes)
        assert texture.polyphony(written(grid(), notes)) == pytest.approx(
            muspy.polyphony_rate(music, threshold=2)
        )
        one = grid("A", bars=1)
        first = [(0, 0, s, n, p) for _, t, s, n, p in notes if t == 0 and s + n <= 16]
        first += [(0, 0, s, n, p + 1) for _, _, s, n, p in first[::3]]  # some chords
        pair = written(one, first), as_muspy(one, first)
        assert texture.pitches_at_once(pair[0])["A"] == pytest.approx(muspy.polyphony(pair[1]))
        used = texture.used_pitch_classes(pair[0])["A"]
        assert used == muspy.n_pitch_classes_used(pair[1])


class TestDefectsElsewhere:
    """Published code beside the value by definition (docs/metrics.md lists what is wrong)."""

    def test_muspy_counts_the_end_of_a_note_as_the_next_bar(self, grid, written, as_muspy):
        import muspy

        notes = [(0, 0, 0, 16, 60), (0, 0, 32, 16, 60)]  # sounds, rest, sounds
        assert texture.empty_bars(written(grid("A", bars=3), notes))["A"] == pytest.approx(1 / 3)
        assert muspy.empty_measure_rate(as_muspy(grid("A", bars=3), notes), 16) == 0.0

    def test_musegan_folds_neighbouring_semitones(self, grid, written):
        """Its fold of 84 pitches makes 12 bands of 7, so C and E are one "class"."""
        pitches = np.zeros(84, bool)
        pitches[[0, 4]] = True
        assert pitches.reshape(12, 7).any(1).sum() == 1
        assert pitches.reshape(7, 12).any(0).sum() == 2
        chord = [(0, 0, 0, 16, 36), (0, 0, 0, 16, 40)]
        assert texture.used_pitch_classes(written(grid("A", bars=1), chord)) == {"A": 2.0}

    def test_pypianoroll(self, grid, written):
        metrics = pytest.importorskip("pypianoroll.metrics")
        roll = np.zeros((16, 128), bool)
        roll[:, [60, 64]] = True
        assert metrics.n_pitch_classes_used(roll) == 1
        beats = np.zeros((16, 128), bool)
        beats[:4, 60] = True
        assert metrics.empty_beat_rate(beats, 4) == 0.25
        with pytest.raises(ValueError, match="broadcast"):
            metrics.qualified_note_rate(beats)
        phrases = written(grid("A", bars=1), [(0, 0, 0, 4, 60), (0, 0, 0, 4, 64)])
        assert texture.used_pitch_classes(phrases) == {"A": 2.0}
        assert texture.qualified_notes(phrases) == {"A": 1.0}
