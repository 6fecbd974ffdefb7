"""A user's own files as waveforms: for scoring, and as conditions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
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

__all__ = ["read_files", "read_wave"]


def read_wave(path: Path, rate: int, most_seconds: float) -> Tensor:
    """Read the beginning of a sound file.

    Args:
        path: The file, of any kind, rate and number of channels.
        rate: Samples per second of the result; the file is resampled.
        most_seconds: What comes later is not read.

    Returns:
        ``[T]`` float32, the mean of all channels at the file's own level.

    Raises:
        UserError: It cannot be read; the message names it.
    """
    with _named(path), open_sound(path) as opened:
        x = torch.cat(list(opened.blocks(math.ceil(most_seconds * opened.head.rate))))
        source_rate = opened.head.rate
    return resample(x, source_rate, rate)


def read_files(paths: Sequence[Path], data: AudioData) -> Tensor:
    """Read sound files and cut them like the sounds of a run; gain and polarity are not varied.

    Where a run takes random parts, the loudest part of the beginning of each file is taken.

    Args:
        paths: Sound files.
        data: The data section of a run, resolved.

    Returns:
        ``[B, 1, length]`` float32 in [-1, 1].

    Raises:
        UserError: A file cannot be read; the message names it.
    """
    clips = [_clip(path, data) for path in paths]
    return torch.stack(clips)[:, None] if clips else torch.zeros(0, 1, data.samples)


def _clip(path: Path, data: AudioData) -> Tensor:
    with _named(path), open_sound(path) as opened:
        x = first_part(opened, data)
    if data.cut == "random":
        whole, shot = Shot(x, len(x)), Shot(_loudest(x, data.samples), data.samples)
    else:
        whole = shot = cut_shot(x, data.samples, data.rate, data.cut == "attack")
    gain = gains(np.array(whole.peak), np.array(whole.rms), data.loudness)
    return (shot.x * float(gain)).clamp(-1, 1)


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
