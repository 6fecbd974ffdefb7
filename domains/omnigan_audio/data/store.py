"""The samples of all sounds of a source in one memory-mapped file of the cache, made once.

A source has a folder of its own below ``audio`` in the cache: ``samples.npy``, int16 ``[T]``, one
sound after the other, and ``facts.npz``, which says where each is and holds a hash of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from omnigan.cache import cache_folder
from omnigan.datasets.contents import Contents, contents_of
from omnigan.datasets.copies import digest
from omnigan.datasets.rows import Write, cache_key, make_rows, map_rows, read_facts
from omnigan.domain import Notify
from omnigan.thinning import evenly
from omnigan_audio.data.facts import Facts, pack_facts, unpack_facts
from omnigan_audio.data.recordings import read_recordings
from omnigan_audio.data.samples import Samples
from omnigan_audio.data.shots import read_shots, render_shots, unlike_hits
from omnigan_audio.data.sources import Found
from omnigan_audio.data.tally import Tally
from omnigan_audio.data_config import AudioData

__all__ = ["Stored", "stored_sounds"]

VERSION = 2
"""Raise it when the same source gives other samples or other facts."""

_CHECKED = 4096  # sounds whose hash is compared when a cache is opened ...
_CHECKED_SAMPLES = 2**26  # ... and how many samples they may have together


@dataclass(frozen=True)
class Stored:
    """Sounds at one rate.

    Attributes:
        samples: ``[T]`` int16, mapped from a file where there is one.
        facts: Where each sound is, and what is known about it; of a SoundFont's drum hits, those
            that several kits have are there once.
        file: That file; None where the cache cannot be written.
    """

    samples: Samples
    facts: Facts
    file: Path | None


def stored_sounds(found: Found, data: AudioData, notify: Notify) -> Stored:
    """Return the sounds of a source from the cache, or read them into it.

    If the cache cannot be written, they stay in memory.
    """
    contents = contents_of(found.path, found.parts, notify)
    file = cache_folder("audio", _key(found, contents, data), "samples.npy")
    kept = _recalled(file)
    if kept is not None:
        # What a file alone is called is no part of the key.
        named = replace(kept.facts, names=found.names) if found.files else kept.facts
        return replace(kept, facts=named)

    def fill(write: Write) -> Facts:
        return _read(found, data, write, notify)

    def pack(facts: Facts) -> bytes | None:
        return pack_facts(facts) if facts.lasting and contents.unchanged() else None

    return Stored(*make_rows(file, (), np.int16, fill, pack))


def _key(found: Found, contents: Contents, data: AudioData) -> str:
    length = None if data.cut == "random" else data.samples
    rendering = list(found.rendering)
    return cache_key(VERSION, contents.identity, rendering, data.cut, length, data.rate)


def _recalled(file: Path) -> Stored | None:
    """Return what a file of the cache holds, None if it is not there or damaged."""
    try:
        facts = unpack_facts(read_facts(file))
        samples = map_rows(file)
    except (OSError, ValueError):
        return None
    if samples.dtype != np.int16 or samples.ndim != 1 or not _is_whole(samples, facts):
        return None
    return Stored(samples, facts, file)


def _is_whole(samples: Samples, facts: Facts) -> bool:
    if int((facts.first + facts.samples).max(initial=0)) > len(samples):
        return False
    rows, looked_at = facts.rows(), 0
    for place in evenly(len(rows), min(len(rows), _CHECKED)):
        first, count = (int(values[rows[place]]) for values in (facts.first, facts.samples))
        looked_at += count
        if looked_at > _CHECKED_SAMPLES:
            break
        if digest(samples[first : first + count]) != facts.digests[rows[place]].tobytes():
            return False
    return True


def _read(found: Found, data: AudioData, write: Write, notify: Notify) -> Facts:
    """Read all sounds, write their samples one after the other, and return what is known."""
    notes = unlike_hits(found.notes, found.path, data)
    names = [note.name for note in notes] if notes else found.names
    tally = Tally(names, 1.0) if notes else Tally(names)
    end = 0

    def counted(values: Samples) -> None:
        nonlocal end
        write(values)
        end += len(values)

    paths = [path for _, path in found.files]
    if notes:
        outcomes = render_shots(notes, found.path, data, counted)
    elif data.cut == "random":
        outcomes = read_recordings(paths, data.rate, counted, notify)
    else:
        outcomes = read_shots(paths, data, counted)
    first = 0
    for number, outcome in enumerate(outcomes):
        tally.add(number, outcome, first, end - first)
        first = end
        if data.cut != "random":  # of recordings the minutes are told
            notify("reading sounds", number + 1, len(names))
    return tally.facts()
