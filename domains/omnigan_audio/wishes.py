"""What a user may ask for after ``--condition``."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from omnigan.errors import UserError
from omnigan.numerals import decimal_number, whole_number
from omnigan.paths import user_path
from omnigan_audio.networks.config import Body

__all__ = ["length_wished", "pitch_wished", "sound_wished"]

LONGEST = 600.0
"""Seconds of sound that are made, or read from a file, at a time."""
ANY_LENGTH: tuple[Body, ...] = ("istft", "snake")


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
