"""MIDI pitches of sounds: in their file names, in a CSV file, or those the SoundFont played."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from omnigan.datasets.label_table import look_up_labels, read_label_table
from omnigan.errors import UserError
from omnigan_audio.data.labels import WORDS, table_of
from omnigan_audio.data.samples import Places
from omnigan_audio.data.sources import Found
from omnigan_audio.data_config import AudioData

__all__ = ["pitch_of", "pitches_of"]

_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_SIGNS = {"": 0, "#": 1, "s": 1, "b": -1}
_NOTE = r"([a-g])([#sb]?)(-?\d)"
_ENDS = re.compile(rf"(?:^|[\W_])(?:{_NOTE}|(\d{{1,3}}))$", re.IGNORECASE)
_NSYNTH = re.compile(r"_\d{3}-(\d{3})-\d{3}$")  # instrument, pitch, velocity
_WHOLE = re.compile(rf"{_NOTE}|(\d{{1,3}})", re.IGNORECASE)


def pitches_of(data: AudioData, found: Found) -> Places | None:
    """Return the MIDI pitch of each sound ``[N]``, -1 where it has none; None if not asked for.

    Raises:
        UserError: ``data.pitch`` does not suit the source, or no sound has one.
    """
    if data.pitch == "none":
        return None
    if data.pitch != "auto":
        pitches = _in_table(data, found)
    elif found.notes:
        pitches = [note.pitch for note in found.notes]
    else:
        pitches = [_of_name(name) for name in found.names]
    if max(pitches) < 0:
        raise UserError(_none_found(data, found))
    return np.array(pitches, np.int64)


def _none_found(data: AudioData, found: Found) -> str:
    if found.notes:
        return "data.pitch: drum hits have no pitch; write data.pitch: none"
    return (
        f"data.pitch: no file name in '{data.source}' ends in a note such as _C#4 or a MIDI number "
        f"such as -61 ('{found.names[0]}' does not). Rename them, write data.pitch: none, or name "
        "a column of the CSV file in data.labels"
    )


def pitch_of(text: str) -> int | None:
    """Return the MIDI pitch of a note name or number, C4 being 60; None if it is neither."""
    match = _WHOLE.fullmatch(text.strip())
    return None if match is None else _number(match)


def _of_name(name: str) -> int:
    stem = PurePosixPath(name).stem
    nsynth = _NSYNTH.search(stem)
    if nsynth is not None:
        return int(nsynth[1]) if int(nsynth[1]) < 128 else -1
    match = _ENDS.search(stem)
    pitch = None if match is None else _number(match)
    return -1 if pitch is None else pitch


def _number(match: re.Match[str]) -> int | None:
    letter, sign, octave, number = match.groups()
    if number is not None:
        pitch = int(number)
    else:
        pitch = 12 * (int(octave) + 1) + _STEPS[letter.lower()] + _SIGNS[sign.lower()]
    return pitch if 0 <= pitch < 128 else None


def _in_table(data: AudioData, found: Found) -> Sequence[int]:
    path = table_of(data, found)
    if path is None:
        raise UserError(
            f"data.pitch: '{data.pitch}' must be a column of the CSV file that data.labels names, "
            f"but data.labels is '{data.labels}'. Name the file there, or write none or auto"
        )
    table = read_label_table(path, data.pitch, WORDS, column_key="data.pitch")
    pitches = []
    texts = look_up_labels(table, found.names, path, "a sound", [])  # its labels tell of the rows
    for name, text in zip(found.names, texts, strict=True):
        pitch = -1 if text is None else pitch_of(text)
        if pitch is None:
            raise UserError(
                f"data.pitch: {path} says '{text}' for '{name}', which is neither a MIDI number "
                "from 0 to 127 nor a note such as C#4"
            )
        pitches.append(pitch)
    return pitches
