"""Duplicates and variants of made-up tunes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from omnigan_music.config import Track
from omnigan_music.duplicates import fingerprints, related
from omnigan_music.grid import Grid, Voice
from omnigan_music.pieces import Piece, quantise

Make = Callable[..., Any]
Row = tuple[float, float, int]

VOICES = (Voice("a", 0, False, False, 0, 127), Voice("b", 0, False, False, 0, 127))
GRID = Grid(VOICES, 4, 4, 4, 4, 120.0)
TRACKS = (Track(name="a", index=0), Track(name="b", index=1))
DRUMS = Grid((Voice("d", 0, True, False, 0, 127),), 4, 4, 4, 4, 120.0)


@pytest.fixture
def piece(raw: Make) -> Callable[..., Piece]:
    def make(*parts: list[Row]) -> Piece:
        return quantise(raw(*parts), TRACKS, GRID)[0]

    return make


def moved(rows: list[Row], semitones: int) -> list[Row]:
    return [(start, end, pitch + semitones) for start, end, pitch in rows]


def test_a_transposed_copy_is_a_duplicate_of_the_first(piece: Make, tune: Make) -> None:
    a, b = tune(1), tune(2)
    pieces = [piece(tune(3), tune(4)), piece(a, b), piece(moved(a, 5), moved(b, 5))]
    found = related(pieces, VOICES)
    assert found.duplicates == ((2, 1),)
    assert found.groups == ((0,), (1,))


def test_one_melody_with_another_bass_is_a_variant(piece: Make, tune: Make) -> None:
    a = tune(1)
    pieces = [piece(a, tune(2)), piece(tune(5), tune(6)), piece(moved(a, -2), tune(3))]
    found = related(pieces, VOICES)
    assert found.duplicates == ()
    assert found.groups == ((0, 2), (1,))


def test_a_few_wrong_notes_do_not_hide_a_duplicate(piece: Make, tune: Make) -> None:
    a, b = tune(1, 128), tune(2, 128)
    wrong = [(s, e, p + (n in {20, 90})) for n, (s, e, p) in enumerate(a)]
    assert related([piece(a, b), piece(wrong, b)], VOICES).duplicates == ((1, 0),)


def test_unrelated_tunes_are_alone(piece: Make, tune: Make) -> None:
    found = related([piece(tune(n), tune(100 + n)) for n in range(30)], VOICES)
    assert found.duplicates == ()
    assert found.groups == tuple((n,) for n in range(30))


def test_a_figure_that_most_pieces_have_relates_none_of_them(piece: Make, tune: Make) -> None:
    pedal = [(n, n + 1.0, 40) for n in range(64)]
    assert len(related([piece(tune(n), pedal) for n in range(20)], VOICES).groups) == 20


def test_many_copies_are_all_found(piece: Make, tune: Make) -> None:
    copies = [piece(moved(tune(1), n % 7), moved(tune(2), n % 7)) for n in range(40)]
    assert len(related(copies, VOICES).duplicates) == 39


def test_rhythm_and_intervals_make_the_fingerprint(piece: Make, tune: Make) -> None:
    a = tune(1)
    same = fingerprints(piece(a, []), VOICES)[0]
    assert len(same) == len(a) - 1 - 8 + 1
    np.testing.assert_array_equal(fingerprints(piece(moved(a, 3), []), VOICES)[0], same)
    slower = [(2 * s, 2 * e, p) for s, e, p in a]
    other = fingerprints(piece(slower, []), VOICES)[0]
    assert len(np.intersect1d(same, other)) == 0


def test_short_and_empty_pieces_are_compared_as_they_are(piece: Make) -> None:
    short = [(0.0, 1.0, 60), (1.0, 2.0, 64), (2.0, 3.0, 62)]
    one = [(0.0, 1.0, 60)]
    found = related([piece(short, []), piece(short, []), piece([], []), piece(one, [])], VOICES)
    assert found.duplicates == ((1, 0),)
    assert found.groups == ((0,), (2,), (3,))


def test_drums_alone_are_compared_by_their_hits(raw: Make, tune: Make) -> None:
    track = (Track(name="d", drums=True),)
    beats = [quantise(raw(tune(n), drums=(0,)), track, DRUMS)[0] for n in (1, 2, 1)]
    assert related(beats, DRUMS.voices).duplicates == ((2, 0),)


def test_every_pair_above_the_limits_is_found(piece: Make, tune: Make) -> None:
    """Compare with the similarity of every pair, worked out on Python sets."""
    base = [tune(n, 96) for n in range(6)]
    parts = []
    for n in range(24):  # each is a beginning of one tune and an end of another
        cut = 8 * (n % 12)
        parts.append(base[n % 6][:cut] + [(s, e, p) for s, e, p in base[(n + 1) % 6][cut:]])
    pieces = [piece(part, []) for part in parts]
    grams = [set(fingerprints(p, VOICES)[0].tolist()) for p in pieces]
    leader = list(range(24))
    for a, b in itertools.combinations(range(24), 2):
        if len(grams[a] & grams[b]) > 0.1 * len(grams[a] | grams[b]):
            low, high = sorted((leader[a], leader[b]))
            leader = [low if one == high else one for one in leader]
    found = related(pieces, VOICES)
    dropped = {copy for copy, _ in found.duplicates}
    together = {n: g for g in found.groups for n in g} | {
        copy: next(g for g in found.groups if kept in g) for copy, kept in found.duplicates
    }
    for a, b in itertools.combinations(range(24), 2):
        if leader[a] != leader[b]:
            assert together[a] != together[b]
        elif len(grams[a] & grams[b]) > 0.1 * len(grams[a] | grams[b]):
            assert together[a] == together[b] or {a, b} & dropped
