"""Pieces that are the same music, or variants of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from omnigan.datasets.copies import Clusters
from omnigan_music.grid import Voice
from omnigan_music.pieces import PITCH, START, TRACK, Notes, Piece

__all__ = ["Related", "fingerprints", "related"]

Grams = NDArray[np.uint64]
"""Sorted distinct hashes of n-grams."""

_LENGTH = 8  # notes in an n-gram
_SAME = 0.5  # Jaccard similarity of all tracks together above which two pieces are duplicates
_VARIANT = 0.1  # that of one track above which they are variants (unrelated chorales: below 0.05)
_FEWEST = 12  # a melody with fewer distinct n-grams says nothing
_COMMON = 0.05  # n-grams in more than this share of the pieces are figures, not melodies ...
_RARE = 12  # ... unless they are in no more than so many pieces


@dataclass(frozen=True)
class Related:
    """Pieces by their numbers.

    Attributes:
        duplicates: ``(duplicate, original)``; the original comes first in the list of pieces.
        groups: Every other piece in exactly one group; pieces of a group share a melody.
    """

    duplicates: tuple[tuple[int, int], ...]
    groups: tuple[tuple[int, ...], ...]


def related(pieces: Sequence[Piece], voices: Sequence[Voice]) -> Related:
    """Find duplicates and variants, whatever key each of them is in.

    Pieces are compared by their 8-grams of (interval, time to the next onset). Two are duplicates
    if most of those of all tracks together are the same, and variants if a good part of those of
    any one melodic track are, such as two settings of one hymn tune.
    """
    prints = [fingerprints(piece, voices) for piece in pieces]
    everything = [np.unique(np.concatenate([_NONE, *tracks])) for tracks in prints]
    same = Clusters(len(pieces))
    _join_similar(same, everything, _SAME)
    duplicates = tuple((number, members[0]) for members in same.members() for number in members[1:])
    dropped = {number for number, _ in duplicates}
    variants = Clusters(len(pieces))
    for track in range(len(voices)):
        # A duplicate has nothing to join: what it shares, its original shares.
        lines = [_NONE if n in dropped else tracks[track] for n, tracks in enumerate(prints)]
        _join_similar(variants, _melodies(lines), _VARIANT)
    groups = tuple(tuple(group) for group in variants.members() if group[0] not in dropped)
    return Related(duplicates, groups)


_NONE: Grams = np.zeros(0, np.uint64)


def fingerprints(piece: Piece, voices: Sequence[Voice]) -> list[Grams]:
    """Return the n-grams of each track's upper line.

    Drum tracks have none unless every track is one: many songs share a beat.
    """
    only_drums = all(voice.drums for voice in voices)
    return [
        _grams(piece.notes[piece.notes[:, TRACK] == number], voice.drums)
        if only_drums or not voice.drums
        else _NONE
        for number, voice in enumerate(voices)
    ]


def _grams(notes: Notes, drums: bool) -> Grams:
    notes = notes[np.lexsort((-notes[:, PITCH], notes[:, START]))]
    top = notes[np.flatnonzero(np.diff(notes[:, START], prepend=-1))]
    if len(top) < 2:
        return _NONE
    pitch = top[1:, PITCH] if drums else np.diff(top[:, PITCH])
    symbols = ((pitch + 128) * 100_000 + np.diff(top[:, START])).astype(np.uint64)
    length = min(_LENGTH, len(symbols))
    hashes = np.zeros(len(symbols) - length + 1, np.uint64)
    for offset in range(length):
        hashes = _mixed(hashes ^ symbols[offset : offset + len(hashes)])
    return np.unique(hashes)


def _mixed(values: Grams) -> Grams:
    """Scramble 64-bit integers one to one (the finaliser of SplitMix64, Steele et al. 2014)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _melodies(lines: Sequence[Grams]) -> list[Grams]:
    """Leave out n-grams that many pieces have, and lines with too few others."""
    grams, pieces = np.unique(np.concatenate([_NONE, *lines]), return_counts=True)
    rare = grams[pieces <= max(_RARE, _COMMON * len(lines))]
    own = [line[_in(line, rare)] for line in lines]
    return [line if len(line) >= _FEWEST else _NONE for line in own]


def _in(line: Grams, known: Grams) -> NDArray[np.bool_]:
    """Say of each n-gram whether it is among sorted ones; np.isin would sort those every time."""
    if not len(known):
        return np.zeros(len(line), bool)
    place = np.minimum(np.searchsorted(known, line), len(known) - 1)
    return np.asarray(known[place] == line)


def _join_similar(clusters: Clusters, sets: Sequence[Grams], threshold: float) -> None:
    """Join numbers whose sets have a Jaccard similarity above the threshold."""
    for a, b in _candidates(sets):
        if not clusters.together(a, b) and _jaccard(sets[a], sets[b]) > threshold:
            clusters.join(a, b)


def _candidates(sets: Sequence[Grams]) -> list[tuple[int, int]]:
    """Return pairs of sets that follow each other in the list of owners of some element.

    There are no more of them than elements, where all pairs would be quadratic. Sets that share
    much are neighbours for some element, if need be by way of others that are like both.
    """
    owners = np.repeat(np.arange(len(sets)), [len(grams) for grams in sets])
    grams = np.concatenate([_NONE, *sets])
    order = np.lexsort((owners, grams))
    grams, owners = grams[order], owners[order]
    shared = np.flatnonzero(grams[1:] == grams[:-1])
    pairs = np.unique(np.stack([owners[shared], owners[shared + 1]], axis=1), axis=0)
    return [(int(a), int(b)) for a, b in pairs]


def _jaccard(a: Grams, b: Grams) -> float:
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)
