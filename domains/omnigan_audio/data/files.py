"""A user's own files as waveforms: for scoring, and as conditions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from omnigan.errors import UserError
from omnigan_audio.data.cut import Shot, cut_shot
from omnigan_audio.data.decode import Unusable, open_sound
from omnigan_audio.data.loudness import gains
from omnigan_audio.data.resample import resample
from omnigan_audio.data.shots import first_part
from omnigan_audio.data_config import AudioData

__all__ = ["MOST_PARTS", "read_file", "read_wave"]

MOST_PARTS = 16
MOST_SECONDS = 600.0
"""Of a recording that is read: its parts are held in memory."""


def read_wave(path: Path, rate: int, most_seconds: float) -> Tensor:
    """Read the beginning of a sound file.

    Args:
        path: The file, of any kind, rate and number of channels.
        rate: Samples per second of the result; the file is resampled.
        most_seconds: What comes later is not read.

    Returns:
        ``[T]`` float32, the mean of all channels at the file's own level; the loudest channel where
        only their mean is silent.

    Raises:
        UserError: It cannot be read; the message names it.
    """
    with _named(path), open_sound(path) as opened:
        x, _ = opened.wave(math.ceil(most_seconds * opened.head.rate), by_power=True)
        source_rate = opened.head.rate
    return resample(x, source_rate, rate)


def read_file(path: Path, data: AudioData) -> Tensor:
    """Read a sound file and cut it like the sounds of a run; gain and polarity are not varied.

    Where a run takes random parts, a file gives as many as fit into it side by side, up to
    `MOST_PARTS`, spread evenly over its first `MOST_SECONDS`; of one that is shorter than two parts
    the loudest is taken.

    Args:
        path: The file.
        data: The data section of a run, resolved.

    Returns:
        ``[N, 1, length]`` float32 in [-1, 1].

    Raises:
        UserError: It cannot be read; the message names it.
    """
    if data.cut == "random":
        x = read_wave(path, data.rate, max(MOST_SECONDS, data.samples / data.rate))
        whole, clips = Shot(x, len(x)), _spread(x, data.samples)
    else:
        with _named(path), open_sound(path) as opened:
            x, _ = first_part(opened, data)
        whole = cut_shot(x, data.samples, data.rate, data.cut == "attack")
        clips = whole.x[None]
    gain = gains(np.array(whole.peak), np.array(whole.rms), data.loudness)
    return (clips * float(gain)).clamp(-1, 1)[:, None]


def _spread(x: Tensor, length: int) -> Tensor:
    """Return parts ``[n, length]`` of a waveform ``[T]`` that do not overlap."""
    count = min(MOST_PARTS, len(x) // length)
    if count < 2:
        return _loudest(x, length)[None]
    firsts = [number * (len(x) - length) // (count - 1) for number in range(count)]
    return torch.stack([x[first : first + length] for first in firsts])


def _loudest(x: Tensor, length: int) -> Tensor:
    """Return the part ``[length]`` of a waveform ``[T]`` with the most power."""
    x = torch.nn.functional.pad(x, (0, max(0, length - len(x))))
    power = torch.nn.functional.pad(x.double().square().cumsum(0), (1, 0))
    first = int((power[length:] - power[:-length]).argmax())
    return x[first : first + length]


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turn what is wrong with a file into an error that names it."""
    try:
        yield
    except Unusable as error:
        reason = str(error)
    except OSError as error:
        reason = f"it cannot be opened: {error.strerror or error}"
    else:
        return
    raise UserError(f"{path}: {reason}. Name sound files such as .wav or .flac")
