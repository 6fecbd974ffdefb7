"""What a user may ask for after ``--condition``."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from omnigan.errors import UserError
from omnigan.numerals import decimal_number, whole_number
from omnigan.paths import user_path
from omnigan_audio.networks.config import Body
from omnigan_audio.spectra import sizes_for
from omnigan_audio.vocoder import Mel

__all__ = ["length_wished", "pitch_wished", "sound_wished", "spectrogram_wished"]

LONGEST = 600.0
"""Seconds of sound that are made, or read from a file, at a time."""
_LOWEST, _HIGHEST = -16.0, 12.0
"""Between which logarithms of mel magnitudes lie, and other software's decibels do not."""
ANY_LENGTH: tuple[Body, ...] = ("istft", "snake")


def spectrogram_wished(wish: str, mel: Mel) -> Tensor:
    """Return the log-mel spectrogram ``[1, bands, frames]`` of a file: a sound's, or what it holds.

    Args:
        wish: Its path; a NumPy file, ``.npy``, holds a spectrogram that other software has made.
        mel: What the vocoder has learnt from.

    Raises:
        UserError: It cannot be read, or holds no such spectrogram.
    """
    path = user_path(wish, "condition")
    if path.suffix.lower() != ".npy":
        return mel.of(sound_wished(wish, mel.rate, mel.hop))
    try:
        held = np.lib.format.open_memmap(path, mode="r")  # of a damaged head's size nothing is read
        if not np.can_cast(held.dtype, np.float32, "same_kind"):
            raise ValueError(f"they are {held.dtype}")
    except Exception as error:  # the head is read by Python's tokenizer, which fails in many ways
        raise UserError(
            f"condition {wish}: it holds no numbers that can be read: {error}"
        ) from error
    numbers = held[0] if held.ndim == 3 and len(held) == 1 else held
    window, hop = sizes_for(mel.rate)
    wanted = (
        f"[{mel.bands} bands, frames], natural logarithms of magnitudes at {mel.rate} Hz in "
        f"windows of {window} samples, one every {hop}"
    )
    most = int(LONGEST * mel.rate / hop)
    if numbers.ndim != 2 or numbers.shape[0] != mel.bands or not 6 <= numbers.shape[1] <= most:
        turned = numbers.ndim == 2 and numbers.shape[1] == mel.bands
        hint = " Turn it: frames come last." if turned else f" There are 6 to {most} frames."
        raise UserError(f"condition {wish}: it is {list(held.shape)}, not {wanted}.{hint}")
    low, high = float(numbers.min()), float(numbers.max())
    if not (low >= _LOWEST and high <= _HIGHEST):  # NaN is in no range
        raise UserError(
            f"condition {wish}: its levels go from {low:.4g} to {high:.4g}. They must be {wanted}: "
            f"from {_LOWEST:g} to {_HIGHEST:g}, not decibels."
        )
    return torch.from_numpy(numbers.astype(np.float32))[None]


def sound_wished(wish: str, rate: int, hop: int) -> Tensor:
    """Return the sound ``[1, 1, T]`` of a file, followed by silence up to a whole frame.

    Args:
        wish: Its path.
        rate: To resample it to, in Hz.
        hop: Samples in a frame.

    Raises:
        UserError: It cannot be read.
    """
    from omnigan_audio.data import read_wave

    wave = read_wave(user_path(wish, "condition"), rate, LONGEST)
    return pad(wave, (0, -len(wave) % hop + (hop if len(wave) < 4 * hop else 0)))[None, None]


def pitch_wished(wish: str, pitched: bool) -> Tensor:
    """Return the MIDI note number ``[1]`` of a wish such as ``pitch=60``.

    Raises:
        UserError: It is none, or the model knows no pitch.
    """
    pitch = whole_number(wish.partition("=")[2], 127)
    if not pitched:
        raise UserError(
            f"condition {wish}: this model was trained without pitch; set data.pitch and train "
            "again."
        )
    if pitch is None:
        raise UserError(f"condition {wish}: a pitch is a MIDI note number from 0 to 127.")
    return torch.tensor([pitch])


def length_wished(wish: str, rate: int, body: Body) -> int:
    """Return the samples of a wish such as ``seconds=2``.

    Raises:
        UserError: It is none, or the network makes sounds of one length only.
    """
    name, _, text = wish.partition("=")
    if name != "seconds":
        raise UserError(f"condition {wish}: write pitch=60 or seconds=2.")
    if body not in ANY_LENGTH:
        raise UserError(
            f"condition {wish}: the generator's body {body} makes sounds of one length; "
            f"{' and '.join(ANY_LENGTH)} can make others."
        )
    seconds = decimal_number(text)
    if seconds is None or not 0 < seconds <= LONGEST:
        raise UserError(f"condition {wish}: seconds must be above 0 and at most {LONGEST:g}.")
    return max(1, round(seconds * rate))
