"""Which parts of recordings are trained on and which are held out."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from omnigan.datasets.splits import split
from omnigan.errors import UserError
from omnigan_audio.data.facts import Facts
from omnigan_audio.data.samples import Places
from omnigan_audio.data_config import AudioData

__all__ = ["Stretches", "split_clips", "split_recordings"]

_GAP = 0.25  # seconds between a part to train on and one held out, so that no echo is in both
_MOST_SECTIONS = 10  # parts held out of one recording
_NEAR = 2.0  # how far files chosen by chance may be off the wanted share of the time ...
_CLOSE = 1.25  # ... and how far where they are chosen by their lengths, since parts can be exact
_CLIPS = 10  # a recording is only cut into sections of which so many clips are held out


@dataclass(frozen=True)
class Stretches:
    """Parts of sounds.

    Attributes:
        sound: ``[M]`` int64, the number of the sound.
        first: ``[M]`` int64, place of the part's first sample in the cache.
        span: ``[M]`` int64, how many samples it has.
    """

    sound: Places
    first: Places
    span: Places

    def __len__(self) -> int:
        return len(self.sound)


def split_clips(
    facts: Facts, rows: Places, labels: Sequence[Hashable], data: AudioData
) -> tuple[Stretches, Stretches]:
    """Return sounds to train on and sounds held out, each as a whole, in random order.

    Raises:
        UserError: All are the same.
    """
    train, valid = (
        _mixed(_whole(facts, part), data.split_seed) for part in _split(facts, rows, labels, data)
    )
    return train, valid


def split_recordings(
    facts: Facts, rows: Places, labels: Sequence[Hashable], data: AudioData
) -> tuple[Stretches, Stretches]:
    """Return stretches of recordings to train on and stretches held out, in random order.

    Whole files are held out where that comes near the wanted share of the time, copies together.
    Else parts of the longest are, of as few of them as it takes for whole files to come near the
    share of the others. Parts follow from the content and the seed: they are the same in copies.

    Raises:
        UserError: The recordings are too short for both.
    """
    cut, kept, out = _divided(facts, rows, labels, data)
    train, valid = (
        _mixed(_joined(parts, _whole(facts, files)), data.split_seed)
        for parts, files in zip(_parts(facts, cut, data), (kept, out), strict=True)
    )
    if not len(valid):
        needed = math.ceil(10 * _least(data) / data.rate) / 10
        raise UserError(
            f"data.source: the recordings are too few to hold one out, and too short to hold out "
            f"parts of them: one must have {needed:.1f} seconds. Give more or longer recordings, "
            "or lower data.length"
        )
    return train, valid


def _divided(
    facts: Facts, rows: Places, labels: Sequence[Hashable], data: AudioData
) -> tuple[Places, Places, Places]:
    """Return the files to hold out parts of, and of the others those to train on and held out."""
    near = _near_the_share(facts, rows, labels, data, _NEAR)
    if near is not None:
        return rows[:0], *near
    octaves = np.frexp(facts.samples[rows])[1]  # of those in one, none is twice as long as another
    for is_long in _ever_more(facts.samples[rows], octaves, data):
        others = np.flatnonzero(~is_long)
        strata = [(labels[place], int(octaves[place])) for place in others.tolist()]
        near = _near_the_share(facts, rows[others], strata, data, _CLOSE)
        if near is not None:
            return rows[is_long], *near
    return rows, rows[:0], rows[:0]


def _ever_more(samples: Places, octaves: Places, data: AudioData) -> Iterator[NDArray[np.bool_]]:
    """Yield which files are too long to be held out whole: none, then the longest, then more."""
    yield np.zeros(len(samples), bool)
    is_enough = samples >= _least(data)
    for shortest in np.unique(octaves[is_enough])[::-1].tolist():
        yield is_enough & (octaves >= shortest)


def _near_the_share(
    facts: Facts, rows: Places, strata: Sequence[Hashable], data: AudioData, off: float
) -> tuple[Places, Places] | None:
    """Return files to train on and held out; None if their time is off by more than a factor."""
    if len(np.unique(facts.groups[rows])) < 2:
        return None
    train, valid = _split(facts, rows, strata, data)
    share = facts.samples[valid].sum() / max(1, facts.samples[rows].sum())
    most = min(off * data.held_out, (1 + data.held_out) / 2)
    is_near = data.held_out / off <= share <= most
    return (train, valid) if is_near else None


def _split(
    facts: Facts, rows: Places, strata: Sequence[Hashable], data: AudioData
) -> tuple[Places, Places]:
    groups, digests = facts.groups[rows], facts.digests[rows]
    train, valid = split(groups, strata, digests, data.held_out, data.split_seed, noun="sound")
    return rows[train], rows[valid]


def _parts(facts: Facts, rows: Places, data: AudioData) -> tuple[Stretches, Stretches]:
    """Divide files into stretches to train on and stretches held out."""
    train: list[tuple[int, int, int]] = []
    valid: list[tuple[int, int, int]] = []
    for row in rows.tolist():
        kept, out = _sections(facts.digests[row], int(facts.samples[row]), data)
        origin = int(facts.first[row])
        train += [(row, origin + first, end - first) for first, end in kept]
        valid += [(row, origin + first, end - first) for first, end in out]
    return _listed(train), _listed(valid)


Part = tuple[int, int]


def _gap(data: AudioData) -> int:
    return round(_GAP * data.rate)


def _least(data: AudioData) -> int:
    """Return how many samples a recording needs of which a part is held out."""
    return 3 * data.samples + 2 * _gap(data)


def _sections(
    content: NDArray[np.uint8], samples: int, data: AudioData
) -> tuple[list[Part], list[Part]]:
    """Divide a recording into parts ``(first, end)`` to train on and parts held out."""
    if samples < _least(data):
        return [(0, samples)], []
    enough = samples * data.held_out / (_CLIPS * (data.samples + _gap(data)))
    count = int(min(_MOST_SECTIONS, max(1, enough)))
    borders = [samples * number // count for number in range(count + 1)]
    kept: list[Part] = []
    out: list[Part] = []
    start = 0
    for number, (low, high) in enumerate(pairwise(borders)):
        held = max(data.samples, round(data.held_out * (high - low)))
        held = min(held, high - low - 2 * (data.samples + _gap(data)))
        first = low + int(_draw(content, data.split_seed, number) * (high - low - held + 1))
        kept.append((start, first - _gap(data)))
        out.append((first, first + held))
        start = first + held + _gap(data)
    kept.append((start, samples))
    return [part for part in kept if part[1] - part[0] >= data.samples], out


def _draw(content: NDArray[np.uint8], seed: int, number: int) -> float:
    """Return a number from 0 up to 1 that depends on the arguments alone."""
    drawn = hashlib.sha256(b"%d:%d:" % (seed, number) + content.tobytes()).digest()
    return int.from_bytes(drawn[:6], "big") / 2**48


def _whole(facts: Facts, rows: Places) -> Stretches:
    return Stretches(rows, facts.first[rows], facts.samples[rows])


def _listed(parts: Sequence[tuple[int, int, int]]) -> Stretches:
    sound, first, span = np.array(parts, np.int64).reshape(-1, 3).T
    return Stretches(sound, first, span)


def _joined(some: Stretches, others: Stretches) -> Stretches:
    return Stretches(
        np.concatenate([some.sound, others.sound]),
        np.concatenate([some.first, others.first]),
        np.concatenate([some.span, others.span]),
    )


def _mixed(parts: Stretches, seed: int) -> Stretches:
    """Return parts in random order: sources are often sorted, and shares of them must be alike."""
    order = np.random.default_rng(seed).permutation(len(parts))
    return Stretches(parts.sound[order], parts.first[order], parts.span[order])
