"""Is it new? Distances to the training phrases, copied passages, and repeats."""

from __future__ import annotations

import numpy as np

from omnigan_music.metrics.notes import Bools, Ints, PhraseSet, melodic

__all__ = ["copied_notes", "distinct_phrases", "longest_copies", "nearest", "nearest_phrases"]

_BLOCK = 1024
_SYMBOLS = 1 << 24  # above every (interval, length) pair as one number


def _shifted(phrases: PhraseSet, semitones: int) -> Bools:
    """Return the rolls ``[N, T, S, P]`` transposed, drums left as they are; outside is cut off."""
    roll = np.zeros_like(phrases.roll)
    pitches = roll.shape[-1]
    low, high = max(0, semitones), min(pitches, pitches + semitones)
    if low < high:
        roll[..., low:high] = phrases.roll[..., low - semitones : high - semitones]
    for track, voice in enumerate(phrases.grid.voices):
        if voice.drums:
            roll[:, track] = phrases.roll[:, track]
    return roll


def nearest_phrases(phrases: PhraseSet, training: PhraseSet, transpose: int = 3) -> Ints:
    """Return each phrase's Hamming distance to the nearest training phrase, ``[N]``.

    Counts the cells of the roll that differ; the phrase is tried in every transposition of up to
    ``transpose`` semitones either way, and what leaves the pitch window differs.
    """
    if not len(training):
        raise ValueError("there are no training phrases to compare with")
    ever = training.roll.any(0).ravel()  # most cells are never on
    best = [
        _nearest(part, training, ever, transpose)
        for part in (phrases.part(first, _BLOCK) for first in range(0, len(phrases), _BLOCK))
    ]
    return np.concatenate([np.zeros(0, np.int64), *best])


def _nearest(phrases: PhraseSet, training: PhraseSet, ever: Bools, transpose: int) -> Ints:
    """Return the distance of each of a few phrases; ``ever`` says which cells are on in training.

    A few of each at a time are made into numbers that can be multiplied, which take four bytes.
    """
    size = phrases.roll.sum((1, 2, 3))
    best = np.full(len(phrases), np.iinfo(np.int64).max)
    for semitones in range(-transpose, transpose + 1):
        shifted = _shifted(phrases, semitones).reshape(len(phrases), -1)
        shared = np.flatnonzero(shifted.any(0) & ever)
        left = shifted[:, shared].astype(np.float32)
        for first in range(0, len(training), _BLOCK):
            block = training.roll[first : first + _BLOCK]
            right = block.reshape(len(block), -1)[:, shared].astype(np.float32)
            common = (left @ right.T).astype(np.int64)
            distance = size[:, None] + block.sum((1, 2, 3)) - 2 * common
            best = np.minimum(best, distance.min(1))
    return best


def nearest(phrases: PhraseSet, training: PhraseSet) -> dict[str, float]:
    """Return the mean and the smallest of `nearest_phrases`."""
    distance = nearest_phrases(phrases, training)
    return {"mean": float(distance.mean()), "minimum": float(distance.min())}


def _symbols(phrases: PhraseSet, track: int) -> tuple[Ints, Ints]:
    """Return a track's (interval, length) pairs as one number each, and their phrases."""
    first, second = phrases.successive
    mine = first.track == track
    interval = (second.pitch - first.pitch)[mine]
    return first.length[mine] * 256 + interval + 128, first.phrase[mine]


def longest_copies(phrases: PhraseSet, training: PhraseSet, track: int) -> Ints:
    """Return the longest run of (interval, length) pairs also found in training, ``[N]``.

    A pair is the interval to the next note and the note's own length, so transposed copies are
    found; runs are looked for anywhere in the same track. Windows grow one pair at a time, exact
    (no hashes), and only those that are still found on both sides go on.
    """
    (ours, phrase), (theirs, other) = _symbols(phrases, track), _symbols(training, track)
    symbols, owner = np.concatenate([ours, theirs]), np.concatenate([phrase, other + len(phrases)])
    longest = np.zeros(len(phrases), np.int64)
    starts, names, length = np.arange(len(symbols)), symbols, 0
    while starts.size:
        found = np.intersect1d(names[starts < len(ours)], names[starts >= len(ours)])
        kept = np.isin(names, found)
        starts, names, length = starts[kept], names[kept], length + 1
        longest[owner[starts[starts < len(ours)]]] = length
        ends = starts + length
        inside = ends < len(symbols)
        inside[inside] = owner[ends[inside]] == owner[starts[inside]]
        starts, names = starts[inside], names[inside]
        # Numbered anew each time, so that names never outgrow an integer.
        names = np.unique(names, return_inverse=True)[1] * _SYMBOLS + symbols[starts + length]
    return longest


def copied_notes(phrases: PhraseSet, training: PhraseSet) -> dict[str, float]:
    """Return mean and largest of `longest_copies`, by melodic track."""
    values = {}
    for track in melodic(phrases.grid):
        longest = longest_copies(phrases, training, track)
        name = phrases.grid.voices[track].name
        values[f"{name} mean"] = float(longest.mean())
        values[f"{name} longest"] = float(longest.max())
    return values


def distinct_phrases(phrases: PhraseSet) -> float:
    """Return the number of different phrases as a share of all."""
    both = np.concatenate([phrases.roll, phrases.begin], -1).reshape(len(phrases), -1)
    return len(np.unique(np.packbits(both, axis=1), axis=0)) / len(phrases)
