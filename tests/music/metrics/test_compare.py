from __future__ import annotations

import math

import numpy as np
import pytest

from omnigan_music.metrics import compare


def test_divergence_by_hand():
    """With one more in each bin: (3, 1) / 4 against (1, 1) / 2."""
    expected = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    assert compare.divergence(np.array([2.0, 0.0]), np.array([0.0, 0.0])) == pytest.approx(expected)


def test_divergence_is_zero_for_equals_and_finite_for_opposites():
    counts = np.array([5.0, 0.0, 7.0])
    assert compare.divergence(counts, counts) == 0
    apart = compare.divergence(np.array([1e6, 0.0]), np.array([0.0, 1e6]))
    assert apart == pytest.approx(math.log(1e6), rel=1e-3)


def test_direction(grid, written):
    """What the reference never does costs more than what the set leaves out."""
    g = grid("A")
    even = written(g, [(0, 0, 2 * i, 1 + i % 2, 60) for i in range(32)])
    short = written(g, [(0, 0, 2 * i, 1, 60) for i in range(32)])
    assert compare.length_divergence(even, short) > compare.length_divergence(short, even)


def test_divergences_of_phrases(grid, written, composed):
    g = grid()
    one, other = (written(g, composed(g, 50, seed), 50) for seed in (0, 1))
    assert 0 < compare.length_divergence(one, other) < 0.01
    assert 0 < compare.class_divergence(one, other) < 0.01
    whites = [(n, t, s, m, p - p % 12) for n, t, s, m, p in composed(g, 50, 1)]
    assert compare.class_divergence(written(g, [n for n in whites if n[4] >= 36], 50), other) > 2


def test_pitch_classes_alone_do_not_tell_noise(grid, noise):
    """Two draws of noise agree: hence the transition matrix beside it."""
    assert compare.class_divergence(noise(grid(), 50, 0), noise(grid(), 50, 1)) < 0.001


def test_transition_distance(grid, written):
    g = grid("A")
    up = written(g, [(0, 0, 4 * i, 4, 60 + i % 12) for i in range(12)])
    down = written(g, [(0, 0, 4 * i, 4, 71 - i % 12) for i in range(12)])
    half = written(g, [(0, 0, 4 * i, 4, p) for i, p in enumerate((60, 61, 60))])
    assert compare.transition_distance(up, up) == 0
    assert compare.transition_distance(up, down) == pytest.approx(1)
    # C to C sharp: 1/11 in one, 1/2 in the other; nothing else is shared.
    assert compare.transition_distance(up, half) == pytest.approx(1 - 1 / 11)
