"""When notes begin and how long they are."""

from __future__ import annotations

import numpy as np

from omnigan_music.grid import Grid
from omnigan_music.metrics.notes import Bools, Floats, PhraseSet, melodic
from omnigan_music.metrics.texture import mean

__all__ = ["drum_pattern", "drum_pattern_applies", "groove", "groove_shares", "length_counts"]


def _onsets(phrases: PhraseSet) -> Bools:
    """Return ``[N, bars, steps of a bar]``: does a melodic note begin (any, if all are drums)?"""
    grid = phrases.grid
    tracks = melodic(grid) or list(range(len(grid.voices)))
    begins = phrases.begin[:, tracks].any((1, 3))
    return begins.reshape(len(phrases), grid.bars, grid.steps_per_bar)


def groove_shares(phrases: PhraseSet) -> Floats:
    """Return the groove consistency of each phrase ``[N]``; 1 for phrases of one bar."""
    onsets = _onsets(phrases)
    if phrases.grid.bars < 2:
        return np.ones(len(phrases))
    return np.asarray((onsets[:, 1:] == onsets[:, :-1]).mean((1, 2)))


def groove(phrases: PhraseSet) -> float:
    """Return 1 - mean Hamming distance of the onsets of neighbouring bars (Wu & Yang 2020)."""
    return mean(groove_shares(phrases))


def length_counts(phrases: PhraseSet) -> Floats:
    """Return how many melodic notes last 1, 2, ... steps; the last bin is "a bar or longer"."""
    longest = phrases.grid.steps_per_bar
    lengths = np.minimum(phrases.melodic_notes.length, longest)
    return np.bincount(lengths - 1, minlength=longest).astype(np.float64)


def drum_pattern(phrases: PhraseSet) -> float:
    """Return the share of drum onsets on an eighth note of their bar (Dong et al. 2018)."""
    grid, notes = phrases.grid, phrases.notes
    drums = ~np.isin(notes.track, melodic(grid))
    steps_of_a_whole = grid.beat_unit * grid.steps_per_beat
    eighths = notes.start[drums] % grid.steps_per_bar * 8
    return mean(eighths % steps_of_a_whole == 0)


def drum_pattern_applies(grid: Grid) -> bool:
    """Return whether there are drums, and steps between eighth notes."""
    return len(melodic(grid)) < len(grid.voices) and grid.beat_unit * grid.steps_per_beat > 8
