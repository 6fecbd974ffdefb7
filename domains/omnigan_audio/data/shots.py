"""Reads one-shots: one clip from each file, over all cores, or many rendered in one go."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from omnigan.cores import cores
from omnigan.datasets.copies import digest
from omnigan.datasets.rows import Write
from omnigan_audio.data.cut import cut_shot
from omnigan_audio.data.decode import Head, Opened, Unusable, open_sound
from omnigan_audio.data.near_copies import nearly_equal, sketch
from omnigan_audio.data.resample import resample
from omnigan_audio.data.samples import stored
from omnigan_audio.data.soundfont import RATE, Note, render_notes
from omnigan_audio.data.tally import Outcome, Sound
from omnigan_audio.data_config import AudioData

__all__ = ["SEARCHED", "first_part", "read_shots", "render_shots", "unlike_hits"]

SEARCHED = 30.0
"""Seconds of a file in which its attack is searched for."""

_MARGIN = 0.05  # seconds read beyond a clip, so that its end is resampled like its middle
_TOGETHER = 256  # sounds that are in memory at once


def read_shots(paths: Sequence[Path], data: AudioData, write: Write) -> Iterator[Outcome]:
    """Cut a clip out of each file, write its samples, and yield what became of it, in order.

    Threads do it: soundfile and torch let others run while they work.
    """

    def read(path: Path) -> tuple[NDArray[np.int16], Sound] | Unusable | OSError:
        try:
            with open_sound(path) as opened:
                x, channel = first_part(opened, data)
                values, sound = _shot(x, opened.head, data)
                return values, replace(sound, channel=channel)
        except (Unusable, OSError) as error:
            return error

    with _one_thread_each(), ThreadPoolExecutor(cores()) as pool:
        for first in range(0, len(paths), _TOGETHER):
            for clip in pool.map(read, paths[first : first + _TOGETHER]):
                if isinstance(clip, tuple):
                    write(clip[0])
                    yield clip[1]
                else:
                    yield clip


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let torch use one thread for each of ours; more only get in each other's way."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def first_part(opened: Opened, data: AudioData) -> tuple[Tensor, int | None]:
    """Return as much ``[T]`` of a file as a clip is cut from, at the rate of the examples.

    Returns:
        The samples, and the channel that they are from; None: they are the mean of all.

    Raises:
        Unusable: It cannot be decoded.
    """
    seconds = data.samples / data.rate + _MARGIN + (0.0 if data.cut == "start" else SEARCHED)
    most = math.ceil(seconds * opened.head.rate)
    x, channel = opened.wave(most, by_power=False)
    return resample(x, opened.head.rate, data.rate), channel


def render_shots(
    notes: Sequence[Note], font: Path, data: AudioData, write: Write
) -> Iterator[Outcome]:
    """Render sounds of a SoundFont, write their samples, and yield what is known of each."""
    for waves in _rendered(notes, font, data):
        head = Head(RATE, 1, "SoundFont", waves.shape[-1])
        for x in resample(waves, RATE, data.rate):
            values, sound = _shot(x, head, data)
            write(values)
            yield sound


def unlike_hits(notes: Sequence[Note], font: Path, data: AudioData) -> list[Note]:
    """Return notes without drum hits that sound the same in another kit, at any level.

    Most hits do, and each would be rendered at every tuning.
    """
    hits = {(note.program, note.key): replace(note, tuning=0.0) for note in notes if note.drum}
    waves = (wave for some in _rendered(list(hits.values()), font, data) for wave in some)
    groups = nearly_equal([sketch(wave.numpy()) for wave in waves], len(hits))
    assert groups is not None  # no group is larger than all of them
    kept = {hit for number, hit in enumerate(hits) if groups[number] == number}
    return [note for note in notes if not note.drum or (note.program, note.key) in kept]


def _rendered(notes: Sequence[Note], font: Path, data: AudioData) -> Iterator[Tensor]:
    """Yield waveforms ``[n, T]`` of some notes after the other."""
    for first in range(0, len(notes), _TOGETHER):
        some = notes[first : first + _TOGETHER]
        yield render_notes(some, data.samples / data.rate, font)


def _shot(x: Tensor, head: Head, data: AudioData) -> tuple[NDArray[np.int16], Sound]:
    """Cut a clip, and return its samples and what is known of it.

    Its scale is the smallest power of two that it fits into, so that quiet clips keep their detail
    and numbers of 8 or 16 bits are kept as they are.
    """
    shot = cut_shot(x, data.samples, data.rate, data.cut == "attack")
    scale = 2.0 ** math.ceil(math.log2(max(shot.peak, 1e-6)))
    values = stored(shot.x, scale)
    likeness = sketch(shot.x.numpy())
    return values, Sound(head, scale, shot.peak, shot.rms, digest(values), likeness)
