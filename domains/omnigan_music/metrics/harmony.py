"""What pitches go together: keys, pitch classes and the distance between tracks."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from omnigan_music.metrics.notes import Bools, Floats, NoteTable, PhraseSet, fold, melodic
from omnigan_music.metrics.texture import mean

__all__ = [
    "class_counts",
    "class_entropy",
    "entropy",
    "scale_consistency",
    "scale_shares",
    "tonal_distance",
    "transitions",
]

_MAJOR = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11))
# A natural minor scale has the pitches of its relative major: these are all 24 keys.
_SCALES = np.stack([np.roll(_MAJOR, root) for root in range(12)]).astype(np.float64)


def class_counts(notes: NoteTable, phrases: int) -> Floats:
    """Return how many notes of each phrase have each pitch class, ``[phrases, 12]``."""
    cells = notes.phrase * 12 + notes.pitch % 12
    return np.bincount(cells, minlength=phrases * 12).reshape(phrases, 12).astype(np.float64)


def entropy(counts: Floats) -> Floats:
    """Return the entropy in bits of each row of ``[N, K]``; a row of zeros has 0."""
    share = counts / np.maximum(counts.sum(-1, keepdims=True), 1)
    logs = np.log2(share, out=np.zeros_like(share), where=share > 0)
    return np.asarray(np.abs((share * logs).sum(-1)))  # abs: no minus zero


def scale_shares(counts: Floats) -> Floats:
    """Return the largest share of notes in one of 24 major and minor keys, per row ``[N]``."""
    return np.asarray((counts @ _SCALES.T).max(-1) / np.maximum(counts.sum(-1), 1))


def _melodic_counts(phrases: PhraseSet) -> Floats:
    """Return the pitch-class counts of the phrases that have melodic notes."""
    counts = class_counts(phrases.melodic_notes, len(phrases))
    return np.asarray(counts[counts.sum(-1) > 0])


def scale_consistency(phrases: PhraseSet) -> float:
    """Return the mean over phrases of `scale_shares` (Mogren 2016); silent phrases are left out."""
    return mean(scale_shares(_melodic_counts(phrases)))


def class_entropy(phrases: PhraseSet) -> float:
    """Return the mean entropy of a phrase's pitch classes, in bits (Wu & Yang 2020)."""
    return mean(entropy(_melodic_counts(phrases)))


def _tonal_space() -> Floats:
    """Return ``[12, 6]``: circles of fifths, minor and major thirds, radii 1, 1 and 1/2."""
    angles = np.arange(12)[:, None] * np.pi * np.array([7 / 6, 3 / 2, 2 / 3])
    both = np.stack([np.sin(angles), np.cos(angles)], -1) * np.array([1, 1, 0.5])[:, None]
    return np.asarray(both.reshape(12, 6))


def _centroids(phrases: PhraseSet, track: int) -> tuple[Floats, Bools]:
    """Return each beat's tonal centroid ``[beats, 6]``, and whether the track sounds in it."""
    grid = phrases.grid
    beats = phrases.roll[:, track].reshape(-1, grid.steps_per_beat, grid.pitches).sum(1)
    classes = beats @ fold(grid)
    total = classes.sum(-1, keepdims=True)
    return classes @ _tonal_space() / np.maximum(total, 1), total[:, 0] > 0


def tonal_distance(phrases: PhraseSet) -> dict[str, float]:
    """Return the mean distance of tonal centroids for each pair of tracks (Harte et al. 2006).

    A centroid is that of the pitch classes of one beat, weighted by how long they sound; only
    beats in which both tracks sound count. Used by Dong et al. (2018), but the aim is the data's
    value and not a small one: independent random notes are nearer than the voices of a chorale.
    """
    names = [voice.name for voice in phrases.grid.voices]
    found = {track: _centroids(phrases, track) for track in melodic(phrases.grid)}
    values = {}
    for one, other in combinations(found, 2):
        (left, left_sounds), (right, right_sounds) = found[one], found[other]
        distance = np.linalg.norm(left - right, axis=-1)
        values[f"{names[one]}-{names[other]}"] = mean(distance[left_sounds & right_sounds])
    return values


def transitions(phrases: PhraseSet) -> Floats:
    """Return ``[12, 12]``, the share of each step from one pitch class (row) to the next.

    Counted over successive notes of each melodic track's top line; sums to 1, or to 0 without
    any.
    """
    first, second = phrases.successive
    cells = first.pitch % 12 * 12 + second.pitch % 12
    counts = np.bincount(cells, minlength=144).reshape(12, 12)
    return np.asarray(counts / max(counts.sum(), 1))
