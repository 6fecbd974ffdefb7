"""The bytes of a MIDI file to its events, by mido, whatever is in them."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import mido
import numpy as np
from mido.midifiles import meta

from omnigan_music.raw import UnreadablePiece

__all__ = ["parse"]

_LONGEST_RUN = 4096  # bytes above 127 in a row; real ones are texts in foreign scripts


def parse(content: bytes) -> mido.MidiFile:
    """Return the events of a MIDI file of format 0 or 1; data bytes above 127 become 127.

    Raises:
        UnreadablePiece: mido cannot parse it, or it does not count time in beats.
    """
    if content[:4] != b"MThd":
        raise UnreadablePiece("it is not a MIDI file" if content else "it is empty")
    # mido reads a number of any length, in time that grows with the square of it.
    below = np.flatnonzero(np.frombuffer(content, np.uint8) < 0x80)
    if np.diff(below, append=len(content)).max() > _LONGEST_RUN:
        raise UnreadablePiece("it is damaged: a number in it has no end")
    try:
        file = mido.MidiFile(file=io.BytesIO(content), clip=True)
    except EOFError:
        raise UnreadablePiece("it is cut off") from None
    except Exception as error:  # whatever it stumbles over
        reason = str(error) or type(error).__name__
        raise UnreadablePiece(f"it is damaged: {reason}") from None
    if file.type == 2:
        raise UnreadablePiece("it is a collection of patterns (format 2), not a piece")
    if file.type not in (0, 1) or file.ticks_per_beat == 0:
        raise UnreadablePiece("its header is damaged")
    if file.ticks_per_beat < 0:
        raise UnreadablePiece("it counts time in film frames (SMPTE), so it has no beats")
    return file


class _Unread(meta.MetaSpec):  # type: ignore[misc]
    """A meta event of a type that mido does not know.

    mido forgets the time of these, so that everything after them would come too early.
    """

    attributes = ("data",)
    defaults = ((),)

    def decode(self, message: Any, data: list[int]) -> None:
        message.data = tuple(data)

    def encode(self, message: Any) -> list[int]:
        return list(message.data)


class _Lenient(meta.MetaSpec):  # type: ignore[misc]
    """A meta event that mido would refuse the whole file for: a key that does not exist, say."""

    def decode(self, message: Any, data: list[int]) -> None:
        with suppress(ArithmeticError, LookupError, ValueError, meta.KeySignatureError):
            super().decode(message, data)


def _teach_mido() -> None:
    """Add to mido's table of meta events, which is open to additions (and one for the process)."""
    for kind in range(128):
        if isinstance(meta.build_meta_message(kind, [0] * 8), meta.UnknownMetaMessage):
            name = f"MetaSpec_unread_{kind:02x}"
            meta.add_meta_spec(type(name, (_Unread,), {"type_byte": kind}))
    for spec in (
        meta.MetaSpec_sequence_number,
        meta.MetaSpec_channel_prefix,
        meta.MetaSpec_set_tempo,
        meta.MetaSpec_smpte_offset,
        meta.MetaSpec_time_signature,
        meta.MetaSpec_key_signature,
    ):
        meta.add_meta_spec(type(spec.__name__, (_Lenient, spec), {}))


_teach_mido()
