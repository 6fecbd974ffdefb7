from __future__ import annotations

import numpy as np
import pytest

from omnigan_music.metrics import overlap


def test_features_by_hand(grid, written):
    g = grid("AD", bars=2, drums="D")
    notes = [(0, 0, 0, 4, 60), (0, 0, 4, 2, 64), (0, 0, 16, 6, 60), (0, 1, 0, 1, 40)]
    found = {name: value[0] for name, value in overlap.features(written(g, notes)).items()}
    assert found == pytest.approx(
        {
            "distinct pitches": 2,
            "pitch range": 4,
            "notes": 3,
            "note length": 4,
            "time between onsets": 8,
            "interval": 4,
            "scale consistency": 1,
            "groove consistency": 15 / 16,
            "pitch-class entropy": -(2 / 3 * np.log2(2 / 3) + 1 / 3 * np.log2(1 / 3)),
        }
    )


def test_features_of_silence_are_finite(grid, written):
    for name, value in overlap.features(written(grid(), [], 2)).items():
        assert value.tolist() == [1.0 if name == "groove consistency" else 0.0] * 2


def test_density_like_scipy():
    stats = pytest.importorskip("scipy.stats")
    samples = np.random.default_rng(0).normal(3, 2, 6000)
    points = np.linspace(-8, 14, 200)
    expected = stats.gaussian_kde(samples)(points)
    found = overlap.density(samples, points, 1e-6) / (points[1] - points[0])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_density_of_a_constant_has_the_least_width():
    points = np.linspace(-1, 1, 2001)
    for count in (50, 1):  # one number has no deviation
        found = overlap.density(np.zeros(count), points, 0.1)
        assert np.sqrt((found * points**2).sum()) == pytest.approx(0.1, rel=1e-3)


def test_overlap_of_one_distribution_is_large(grid, written, composed):
    one, other = (written(grid(), composed(grid(), 120, seed), 120) for seed in (0, 1))
    areas = overlap.overlap(one, other)
    assert areas["mean"] > 0.93
    assert areas["mean"] == pytest.approx(
        np.mean([area for name, area in areas.items() if name != "mean"])
    )
    assert len(areas) == 10
    assert overlap.overlap_divergence(one, other)["mean"] < 0.05


def test_overlap_of_noise_is_small(grid, written, composed, noise):
    real = written(grid(), composed(grid(), 100, 0), 100)
    areas = overlap.overlap(noise(grid(), 100), real)
    assert areas["notes"] < 0.01
    assert areas["mean"] < 0.4
    assert overlap.overlap_divergence(noise(grid(), 100), real)["notes"] > 5


def test_one_phrase_over_and_over_does_not_overlap(grid, written, composed):
    """Collapse: generated phrases do not differ, though each is like the data."""
    g = grid()
    real = written(g, composed(g, 100, 0), 100)
    again = [(n, *note[1:]) for n in range(100) for note in composed(g, 1, 0)]
    areas = overlap.overlap(written(g, again, 100), real)
    assert areas["mean"] < 0.4
    assert areas["note length"] < 0.1


def test_identical_constant_sets_overlap_fully(grid, written):
    same = written(grid("A"), [(n, 0, 0, 8, 60) for n in range(20)], 20)
    areas = overlap.overlap(same, same)
    assert areas["note length"] == pytest.approx(1)
    assert areas["mean"] > 0.9


def test_depends_on_the_seed_alone(grid, written, composed):
    one, other = (written(grid(), composed(grid(), 150, seed), 150) for seed in (0, 1))
    assert overlap.overlap(one, other, 40) == overlap.overlap(one, other, 40)
    assert overlap.overlap(one, other, 40) != overlap.overlap(one, other, 40, seed=5)


def test_one_phrase_has_no_distances(grid, written):
    one = written(grid("A"), [(0, 0, 0, 8, 60)])
    assert np.isnan(overlap.overlap(one, one)["mean"])
