"""From sound files to one channel of samples, whatever they hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from omnigan.walk import oddity
from omnigan_audio.data.channels import Levels

__all__ = ["ENDINGS", "Head", "Opened", "Unusable", "open_sound"]

ENDINGS = frozenset(
    (
        *(".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc"),
        *(".w64", ".rf64", ".caf", ".au"),
    )
)

LOWEST_RATE, HIGHEST_RATE = 1000, 1_000_000
_BLOCK = 2**18  # frames that are decoded at once
_MOST_CHANNELS = 256
_UNKNOWN = 2**48  # frames; some heads say that they do not know how many there are
_WHOLE = 0.9  # share of the frames in the head that must be there; MP3 heads may be estimates


class Unusable(Exception):
    """One file cannot be used; the message is the reason, for the report."""


@dataclass(frozen=True)
class Head:
    """What the head of a sound file says.

    Attributes:
        rate: Its rate in Hz.
        channels: Its number of channels.
        kind: Format and subtype, such as ``WAV PCM_24``.
        frames: How many samples each channel has.
    """

    rate: int
    channels: int
    kind: str
    frames: int

    @property
    def seconds(self) -> float:
        """Length of the file, 0 where its head does not know."""
        return self.frames / self.rate if self.frames < _UNKNOWN else 0.0


@dataclass(frozen=True)
class Opened:
    """A sound file whose head has been read."""

    head: Head
    _file: Any
    _levels: Levels

    def wave(self, most: int, by_power: bool) -> tuple[Tensor, int | None]:
        """Return the beginning ``[T]`` float32 of a file, up to so many frames.

        Returns:
            The mean of all channels and None, or one channel and its number: see :meth:`cancelled`.

        Raises:
            Unusable: See :meth:`blocks`.
        """
        x = torch.cat(list(self.blocks(most)))
        channel = self.cancelled(by_power)
        return (x if channel is None else torch.cat(list(self.blocks(most, channel)))), channel

    def cancelled(self, by_power: bool) -> int | None:
        """Return which channel stands for what has been read, None for the mean of all.

        See :meth:`omnigan_audio.data.channels.Levels.cancelled`.
        """
        return self._levels.cancelled(by_power)

    def blocks(self, most: int | None = None, channel: int | None = None) -> Iterator[Tensor]:
        """Yield the mean of all channels in blocks ``[n]`` float32, up to so many frames.

        Args:
            most: How many frames; None for all.
            channel: Begin anew, and yield this channel instead of the mean.

        Raises:
            Unusable: A block cannot be decoded, or holds NaN or infinite samples.
        """
        if channel is not None:
            self._rewind()
        read = 0
        while most is None or read < most:
            block = self._block(_BLOCK if most is None else min(_BLOCK, most - read), channel)
            if not len(block):
                break
            read += len(block)
            yield block
        expected = self.head.frames if most is None else min(self.head.frames, most)
        if not read:
            raise Unusable("it has no samples")
        if read < _WHOLE * expected and expected < _UNKNOWN:
            raise Unusable(f"it ends after {read} of {expected} samples")

    def _rewind(self) -> None:
        from soundfile import SoundFileError

        try:
            self._file.seek(0)
        except (SoundFileError, ValueError) as error:
            raise Unusable("it is damaged: it can be decoded only once") from error

    def _block(self, count: int, channel: int | None) -> Tensor:
        from soundfile import SoundFileError

        try:
            frames = torch.from_numpy(self._file.read(count, dtype="float32", always_2d=True))
        except (SoundFileError, ValueError, MemoryError) as error:
            raise Unusable("it is damaged or cut short: it cannot be decoded to its end") from error
        mixed = channel is None and self.head.channels > 1
        mono = frames.mean(1) if mixed else frames[:, channel or 0]
        if not bool(mono.isfinite().all()):
            raise Unusable("it holds NaN or infinite samples")
        if mixed and len(frames):
            self._levels.add(frames, mono)
        return mono


@contextmanager
def open_sound(path: Path) -> Iterator[Opened]:
    """Open a sound file and read its head.

    Raises:
        Unusable: It is no sound file, or has a rate or a number of channels that nobody uses.
        OSError: It cannot be opened.
    """
    import soundfile

    if odd := oddity(path):
        raise Unusable(odd)
    with path.open("rb") as content:  # where that fails, soundfile would not say why
        if not content.read(1):
            raise Unusable("it is empty")
    try:
        # As bytes, since a name need not be valid text; Windows opens text alone.
        file = soundfile.SoundFile(str(path) if os.name == "nt" else os.fsencode(path))
    except (soundfile.SoundFileError, TypeError, ValueError) as error:
        raise Unusable("it is no sound file of a known kind, or its head is damaged") from error
    with file:
        head = Head(file.samplerate, file.channels, f"{file.format} {file.subtype}", file.frames)
        if not LOWEST_RATE <= head.rate <= HIGHEST_RATE:
            raise Unusable(
                f"its rate is {head.rate} Hz, and sound has {LOWEST_RATE} to {HIGHEST_RATE} Hz"
            )
        if head.channels > _MOST_CHANNELS:
            raise Unusable(f"it has {head.channels} channels")
        yield Opened(head, file, Levels(head.channels))
