from __future__ import annotations

import numpy as np
import pytest

from omnigan_music.metrics import harmony
from omnigan_music.metrics.overlap import features


def apart(semitones: int) -> float:
    """The distance of two pitch classes, by the law of cosines on each of the three circles."""
    angles = semitones * np.pi * np.array([7 / 6, 3 / 2, 2 / 3])
    radii = np.array([1, 1, 0.5])
    return float(np.sqrt((2 * radii**2 * (1 - np.cos(angles))).sum()))


def test_tonal_distance_of_single_pitches(grid, written):
    for semitones in range(13):
        notes = [(0, 0, 0, 16, 60), (0, 1, 0, 16, 60 + semitones)]
        found = harmony.tonal_distance(written(grid("AB", bars=1), notes))
        assert found["A-B"] == pytest.approx(apart(semitones), abs=1e-12)
    assert apart(7) < apart(2) < apart(1) == pytest.approx(2.5459, abs=1e-4)


def test_tonal_distance_weighs_by_duration_and_skips_beats_with_a_rest(grid, written):
    """Beat 1: three steps C and one G against C. Beat 2 has one track only."""
    notes = [(0, 0, 0, 3, 60), (0, 0, 3, 1, 67), (0, 1, 0, 4, 48), (0, 1, 4, 4, 49)]
    found = harmony.tonal_distance(written(grid("AB", bars=1), notes))
    # The centroid lies a quarter of the way from C to G.
    assert found["A-B"] == pytest.approx(apart(7) / 4)


def test_tonal_distance_of_independent_notes(grid, written):
    """One uniform note a beat in each track: the mean over all intervals."""
    rng = np.random.default_rng(0)
    notes = [
        (n, t, 4 * b, 4, int(rng.integers(48, 60)))
        for n in range(300)
        for t in range(2)
        for b in range(16)
    ]
    found = harmony.tonal_distance(written(grid("AB"), notes, 300))["A-B"]
    assert found == pytest.approx(np.mean([apart(k) for k in range(12)]), abs=0.03)


def test_noise_is_nearer_than_voices(grid, noise):
    """Hence a small tonal distance is no virtue: about 1.08 for noise, chorales 1.42 to 1.75."""
    for value in harmony.tonal_distance(noise(grid(), 100)).values():
        assert 0.95 < value < 1.25


def test_scale_consistency(grid, written):
    """C major with one F sharp in eight notes; a whole C sharp minor scale; and silence."""
    first = [(0, 0, 2 * i, 2, p) for i, p in enumerate((60, 62, 64, 65, 66, 67, 69, 71))]
    second = [(1, 0, 2 * i, 2, p) for i, p in enumerate((61, 63, 64, 66, 68, 69, 71, 73))]
    phrases = written(grid("A"), first + second, 3)
    assert harmony.scale_consistency(phrases) == pytest.approx((7 / 8 + 1) / 2)


def test_entropy():
    counts = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [5, 0, 0, 0], [0, 0, 0, 0], [2, 1, 1, 0]])
    assert harmony.entropy(counts.astype(float)).tolist() == [1.0, 2.0, 0.0, 0.0, 1.5]


def test_transitions(grid, written):
    """C E C in one track; the other holds D and repeats it an octave up."""
    notes = [(0, 0, 0, 2, 60), (0, 0, 2, 2, 76), (0, 0, 8, 2, 48)]
    notes += [(0, 1, 0, 4, 50), (0, 1, 4, 4, 62)]
    expected = np.zeros((12, 12))
    expected[0, 4] = expected[4, 0] = expected[2, 2] = 1 / 3
    np.testing.assert_allclose(harmony.transitions(written(grid("AB"), notes)), expected)


def test_silence(grid, written):
    phrases = written(grid("AB"), [], 2)
    assert np.isnan(harmony.scale_consistency(phrases))
    assert np.isnan(harmony.class_entropy(phrases))
    assert np.isnan(harmony.tonal_distance(phrases)["A-B"])
    assert harmony.transitions(phrases).sum() == 0


def test_parity_with_muspy(grid, written, composed, as_muspy):
    import muspy

    g = grid("ABD", drums="D")
    for seed in range(5):
        notes = composed(g, 1, seed)
        phrases, music = written(g, notes), as_muspy(g, notes)
        assert harmony.scale_consistency(phrases) == pytest.approx(muspy.scale_consistency(music))
        assert harmony.class_entropy(phrases) == pytest.approx(muspy.pitch_class_entropy(music))
        pitches = np.bincount(phrases.melodic_notes.pitch, minlength=128)[None].astype(float)
        assert harmony.entropy(pitches)[0] == pytest.approx(muspy.pitch_entropy(music))
        own = features(phrases)
        assert own["pitch range"][0] == muspy.pitch_range(music)
        assert own["distinct pitches"][0] == muspy.n_pitches_used(music)
