from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from omnigan_music.metrics import rhythm


def test_groove_of_identical_bars(grid, written, as_muspy):
    """muspy gives a piece that ends on a bar line one more, empty bar."""
    import muspy

    notes = [(0, 0, 4 * beat, 4, 60) for beat in range(16)]
    assert rhythm.groove(written(grid("A"), notes)) == 1.0
    assert muspy.groove_consistency(as_muspy(grid("A"), notes), 16) == 0.9375


def test_groove_by_hand(grid, written):
    """Bars have onsets on {0, 8}, {0, 4}, {}, {}: they differ in 2, 2 and 0 of 16 steps."""
    notes = [(0, 0, 0, 4, 60), (0, 1, 8, 4, 50), (0, 1, 16, 2, 50), (0, 0, 20, 40, 60)]
    phrases = written(grid("ABD", drums="D"), [*notes, (0, 2, 3, 1, 40)])
    assert rhythm.groove(phrases) == pytest.approx(1 - 4 / 48)


def test_groove_of_drums_alone(grid, written):
    phrases = written(grid("D", bars=2, drums="D"), [(0, 0, 0, 1, 40)])
    assert rhythm.groove(phrases) == pytest.approx(15 / 16)


def test_length_counts(grid, written):
    notes = [(0, 0, 0, 1, 60), (0, 0, 1, 3, 60), (0, 0, 4, 16, 60), (0, 0, 20, 44, 62)]
    counts = rhythm.length_counts(written(grid("AD", drums="D"), [*notes, (0, 1, 0, 1, 40)]))
    expected = np.zeros(16)
    expected[[0, 2]] = 1
    expected[15] = 2
    assert counts.tolist() == expected.tolist()


def test_drum_pattern(grid, written):
    """Eighths are every second step; of four hits two are on one. Melody does not count."""
    g = grid("AD", drums="D")
    hits = [(0, 1, step, 1, 40) for step in (0, 6, 17, 63)]
    phrases = written(g, [*hits, (0, 0, 1, 4, 60)])
    assert rhythm.drum_pattern(phrases) == 0.5
    assert math.isnan(rhythm.drum_pattern(written(g, [])))


def test_drum_pattern_in_other_meters(grid, written):
    """In 6/8 with 2 steps per beat, an eighth is a beat; in 4/4 with 3, none is between."""
    eights = replace(grid("D", drums="D", steps_per_beat=2), beats_per_bar=6, beat_unit=8)
    hits = [(0, 0, step, 1, 40) for step in (0, 1, 2, 12)]
    assert rhythm.drum_pattern(written(eights, hits)) == 0.75
    triplets = grid("D", drums="D", steps_per_beat=3)
    assert rhythm.drum_pattern(written(triplets, hits)) == 0.5


@pytest.mark.parametrize(
    ("names", "drums", "steps_per_beat", "applies"),
    [("AD", "D", 4, True), ("AB", "", 4, False), ("D", "D", 2, False), ("D", "D", 3, True)],
)
def test_drum_pattern_applies(grid, names, drums, steps_per_beat, applies):
    g = grid(names, drums=drums, steps_per_beat=steps_per_beat)
    assert rhythm.drum_pattern_applies(g) == applies
