"""Standard MIDI Files: bytes to events.

An own reader because a folder from the internet holds every kind of damage, and the common readers
take time without bound over some of it (a number of a million bytes, a note at tick 2 ** 28), or
refuse a whole file for one strange event that says nothing about its notes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

__all__ = ["MAX_NOTES", "Smf", "SmfTrack", "read_smf"]

MAX_NOTES = 1_000_000
"""Beginnings and ends of notes in one track; with more of them it is noise, not music."""


@dataclass
class SmfTrack:
    """The events of one track that matter here; times are ticks from the beginning.

    Attributes:
        name: The first name that the track gives itself.
        notes: ``(tick, channel, pitch, velocity)``; velocity 0 ends a note.
        programs: ``(tick, channel, program)``.
        meters: ``(tick, numerator, denominator)``; the values may be absurd.
        tempos: ``(tick, microseconds per quarter note)``.
    """

    name: str = ""
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)
    programs: list[tuple[int, int, int]] = field(default_factory=list)
    meters: list[tuple[int, int, int]] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Smf:
    """A file: its format (0, 1 or 2), ticks in a quarter note, and tracks."""

    format: int
    resolution: int
    tracks: tuple[SmfTrack, ...]


def read_smf(content: bytes) -> Smf:
    """Read a Standard MIDI File (the MIDI Association's specification RP-001).

    Time and memory are proportional to the size. Chunks of other kinds are skipped, as the
    specification asks.

    Raises:
        ValueError: It is not one, or is damaged; the message says how.
    """
    if content[:4] != b"MThd":
        raise ValueError("it is empty" if not content else "it is not a MIDI file")
    if len(content) < 14:
        raise ValueError("it is cut off within its header")
    size, kind, count, division = struct.unpack(">LHHH", content[4:14])
    if size < 6 or kind > 2:
        raise ValueError("its header is damaged")
    if division & 0x8000:
        raise ValueError("it counts time in film frames (SMPTE), so it has no beats")
    if division == 0:
        raise ValueError("its header says zero ticks in a quarter note")
    tracks: list[SmfTrack] = []
    position = 8 + size
    while len(tracks) < count:
        if position + 8 > len(content):
            raise ValueError(f"it is cut off: {len(tracks)} of {count} tracks are there")
        name, size = struct.unpack(">4sL", content[position : position + 8])
        position += 8
        if name == b"MTrk":
            chunk = content[position : position + size]
            try:
                tracks.append(_track(chunk, cut_off=len(chunk) < size))
            except IndexError:
                raise ValueError(f"it is cut off within track {len(tracks) + 1}") from None
            except ValueError as error:
                raise ValueError(f"track {len(tracks) + 1}: {error}") from None
        position += size
    return Smf(kind, division, tuple(tracks))


_LONGEST_NAME = 100
_SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # data bytes of messages that no file should hold


def _track(chunk: bytes, cut_off: bool) -> SmfTrack:
    """Read one track up to its end; an IndexError means that its last event is incomplete."""
    track = SmfTrack()
    tick = position = status = 0
    size = len(chunk)
    while position < size:
        delta, position = _number(chunk, position)
        tick += delta
        first = chunk[position]
        if first >= 0xF0:
            position += 1
            if first == 0xFF:
                kind = chunk[position]
                position = _meta(track, tick, kind, chunk, position + 1)
                if kind == 0x2F:
                    return track
            elif first in (0xF0, 0xF7):
                length, position = _number(chunk, position)
                position = _within(chunk, position + length)
            else:
                position = _within(chunk, position + _SYSTEM_BYTES.get(first, 0))
            continue
        if first >= 0x80:
            status = first
            position += 1
        elif not status:
            raise ValueError("an event has no status byte")
        position = _channel_message(track, tick, status, chunk, position)
    if cut_off:
        raise IndexError
    return track


def _channel_message(track: SmfTrack, tick: int, status: int, chunk: bytes, position: int) -> int:
    """Take in one message; return the position after it."""
    kind, channel = status & 0xF0, status & 0x0F
    one = chunk[position]
    if kind in (0xC0, 0xD0):
        if one > 127:
            raise ValueError("a data byte is above 127")
        if kind == 0xC0:
            track.programs.append((tick, channel, one))
        return position + 1
    two = chunk[position + 1]
    if one > 127 or two > 127:
        raise ValueError("a data byte is above 127")
    if kind in (0x80, 0x90):
        track.notes.append((tick, channel, one, two if kind == 0x90 else 0))
        if len(track.notes) > MAX_NOTES:
            raise ValueError(f"it has more than {MAX_NOTES} beginnings and ends of notes")
    return position + 2


def _meta(track: SmfTrack, tick: int, kind: int, chunk: bytes, position: int) -> int:
    """Take in one meta event; return the position after it."""
    length, position = _number(chunk, position)
    end = _within(chunk, position + length)
    if kind == 0x03 and not track.name:
        track.name = _text(chunk[position:end])
    elif kind == 0x51 and length == 3:
        track.tempos.append((tick, int.from_bytes(chunk[position:end], "big")))
    elif kind == 0x58 and length >= 2:
        track.meters.append((tick, chunk[position], 1 << min(chunk[position + 1], 16)))
    return end


def _number(chunk: bytes, position: int) -> tuple[int, int]:
    """Return a variable-length number, at most four bytes, and the position after it."""
    value = 0
    for index in range(position, position + 4):
        byte = chunk[index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, index + 1
    raise ValueError("a number is longer than four bytes")


def _within(chunk: bytes, position: int) -> int:
    if position > len(chunk):
        raise IndexError
    return position


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return "".join(char for char in text[:_LONGEST_NAME] if char.isprintable()).strip()
