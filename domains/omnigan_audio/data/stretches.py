"""Which parts of recordings are trained on and which are held out."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Sequence
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
    parts = split(
        facts.groups[rows],
        labels,
        facts.digests[rows],
        data.held_out,
        data.split_seed,
        noun="sound",
    )
    train, valid = (_mixed(_whole(facts, rows[part]), data.split_seed) for part in parts)
    return train, valid


def split_recordings(
    facts: Facts, rows: Places, labels: Sequence[Hashable], data: AudioData
) -> tuple[Stretches, Stretches, bool]:
    """Return parts of recordings to train on and parts held out, and whether these are files.

    Whole files are held out where that comes near the wanted share of the time, copies together;
    else stretches of every file that is long enough. These follow from the content and the seed,
    so that they are the same in copies.

    Raises:
        UserError: The recordings are too short for both.
    """
    if len(np.unique(facts.groups[rows])) > 1:
        train, valid = split_clips(facts, rows, labels, data)
        share = valid.span.sum() / max(1, train.span.sum() + valid.span.sum())
        if data.held_out / 2 <= share <= min(2 * data.held_out, (1 + data.held_out) / 2):
            return train, valid, True
    train_parts: list[tuple[int, int, int]] = []
    valid_parts: list[tuple[int, int, int]] = []
    for row in rows.tolist():
        kept, out = _sections(facts.digests[row], int(facts.samples[row]), data)
        origin = int(facts.first[row])
        train_parts += [(row, origin + first, end - first) for first, end in kept]
        valid_parts += [(row, origin + first, end - first) for first, end in out]
    if not valid_parts:
        needed = math.ceil(10 * _least(data) / data.rate) / 10
        raise UserError(
            f"data.source: the recordings are too few to hold one out, and too short to hold out "
            f"parts of them: one must have {needed:.1f} seconds. Give more or longer recordings, "
            "or lower data.length"
        )
    train, valid = (_mixed(_listed(parts), data.split_seed) for parts in (train_parts, valid_parts))
    return train, valid, False


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


def _mixed(parts: Stretches, seed: int) -> Stretches:
    """Return parts in random order: sources are often sorted, and shares of them must be alike."""
    order = np.random.default_rng(seed).permutation(len(parts))
    return Stretches(parts.sound[order], parts.first[order], parts.span[order])
