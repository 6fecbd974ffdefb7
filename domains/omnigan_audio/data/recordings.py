"""Reads whole recordings, block by block, so that their length does not matter."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from omnigan.datasets.rows import Write
from omnigan_audio.data.decode import Opened, Unusable, open_sound
from omnigan_audio.data.resample import resample_blocks
from omnigan_audio.data.samples import stored
from omnigan_audio.data.tally import Outcome, Sound

__all__ = ["read_recordings"]


def read_recordings(paths: Sequence[Path], rate: int, write: Write) -> Iterator[Outcome]:
    """Write all samples of each file at a rate, and yield what became of it, in order.

    What was written of a file that turns out to be broken stays where it is, unused.
    """
    for path in paths:
        with ExitStack() as stack:
            try:
                opened = stack.enter_context(open_sound(path))
            except (Unusable, OSError) as error:
                yield error
                continue
            try:
                yield _recording(opened, rate, write)
            except Unusable as error:
                yield error


def _recording(opened: Opened, rate: int, write: Write) -> Sound:
    sound, written = _written(opened, rate, write, None)
    channel = opened.cancelled(by_power=True)
    if channel is None:
        return sound
    # That is known only now. The silence that was written stays where it is, unused.
    sound, _ = _written(opened, rate, write, channel)
    return replace(sound, channel=channel, before=written)


def _written(opened: Opened, rate: int, write: Write, channel: int | None) -> tuple[Sound, int]:
    """Write a file, and return what is known of it and how many samples it has."""
    written, peak, power = 0, 0.0, 0.0
    hashed = hashlib.blake2b(digest_size=16)
    for block in resample_blocks(opened.blocks(channel=channel), opened.head.rate, rate):
        values = stored(block, 1.0)
        write(values)
        hashed.update(values.tobytes())
        written += len(values)
        peak = max(peak, float(block.abs().max()))
        power += float(block.double().square().sum())
    rms = math.sqrt(power / max(1, written))
    return Sound(opened.head, 1.0, peak, rms, hashed.digest()), written
