"""Reads whole recordings, block by block, so that their length does not matter."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from omnigan.datasets.rows import Write
from omnigan.domain import Notify, silent
from omnigan_audio.data.decode import Opened, Unusable, open_sound
from omnigan_audio.data.resample import resample_blocks
from omnigan_audio.data.samples import stored
from omnigan_audio.data.tally import Outcome, Sound

__all__ = ["read_recordings"]

_WORK = "reading minutes of sound"


def read_recordings(
    paths: Sequence[Path], rate: int, write: Write, notify: Notify = silent
) -> Iterator[Outcome]:
    """Write all samples of each file at a rate, and yield what became of it, in order.

    What was written of a file that turns out to be broken stays where it is, unused.

    Args:
        paths: The files.
        rate: In Hz.
        write: Called with some samples after the other.
        notify: Told how many minutes have been read.
    """
    progress = _Progress([_seconds(path) for path in paths], notify)
    for path in paths:
        yield _read(path, rate, write, progress)
        progress.next()


class _Progress:
    """Tells how many minutes have been read of files of so many seconds, as their heads say."""

    def __init__(self, seconds: Sequence[float], notify: Notify) -> None:
        self._seconds, self._notify = seconds, notify
        self._total = max(1, math.ceil(sum(seconds) / 60))
        self._file, self._before = 0, 0.0

    def read(self, seconds: float) -> None:
        """Tell that so much of a file has been read, which may be read again later."""
        done = self._before + min(seconds, self._seconds[self._file])
        self._notify(_WORK, min(int(done / 60), self._total - 1), self._total)

    def next(self) -> None:
        """Tell that a file is done."""
        self._before += self._seconds[self._file]
        self._file += 1
        if self._file < len(self._seconds):
            self.read(0.0)
        else:
            self._notify(_WORK, self._total, self._total)


def _seconds(path: Path) -> float:
    try:
        with open_sound(path) as opened:
            return opened.head.seconds
    except (Unusable, OSError):
        return 0.0


def _read(path: Path, rate: int, write: Write, progress: _Progress) -> Outcome:
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(open_sound(path))
        except (Unusable, OSError) as error:
            return error
        try:
            return _recording(opened, rate, write, progress)
        except Unusable as error:
            return error


def _recording(opened: Opened, rate: int, write: Write, progress: _Progress) -> Sound:
    sound, written = _written(opened, rate, write, None, progress)
    channel = opened.cancelled(by_power=True)
    if channel is None:
        return sound
    # That is known only now. The silence that was written stays where it is, unused.
    sound, _ = _written(opened, rate, write, channel, progress)
    return replace(sound, channel=channel, before=written)


def _written(
    opened: Opened, rate: int, write: Write, channel: int | None, progress: _Progress
) -> tuple[Sound, int]:
    """Write a file, and return what is known of it and how many samples it has."""
    written, peak, power = 0, 0.0, 0.0
    hashed = hashlib.blake2b(digest_size=16)
    for block in resample_blocks(opened.blocks(channel=channel), opened.head.rate, rate):
        values = stored(block, 1.0)
        write(values)
        hashed.update(values.tobytes())
        written += len(values)
        progress.read(written / rate)
        peak = max(peak, float(block.abs().max()))
        power += float(block.double().square().sum())
    rms = math.sqrt(power / max(1, written))
    return Sound(opened.head, 1.0, peak, rms, hashed.digest()), written
