"""Phrases as MIDI files, without any library for MIDI."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["notes_of", "write"]

DRUMS = 9
"""The channel of all drums, counted from 0."""


def write(x: np.ndarray, show: Mapping[str, Any], stem: Path) -> Path:
    """Write a phrase [2, tracks, steps, pitches] as MIDI, and return the file."""
    numerator, denominator = show["meter"]
    head = [
        (0, b"\xff\x51\x03" + struct.pack(">I", round(60e6 / show["tempo"]))[1:]),
        (0, bytes([0xFF, 0x58, 4, numerator, denominator.bit_length() - 1, 24, 8])),
    ]
    tracks = [_track(head)]
    channels = [channel for channel in range(16) if channel != DRUMS]
    for number, voice in enumerate(show["tracks"]):
        channel = DRUMS if voice["drums"] else channels[number % len(channels)]
        name = voice["name"].encode()
        events = [
            (0, b"\xff\x03" + _quantity(len(name)) + name),
            (0, bytes([0xC0 | channel, voice["program"]])),
        ]
        for start, end, row in notes_of(x[:, number], voice["drums"]):
            pitch = show["low"] + row
            on = bytes([0x90 | channel, pitch, show["velocity"]])
            off = bytes([0x80 | channel, pitch, 0])
            events += [(start * show["ticks_per_step"], on), (end * show["ticks_per_step"], off)]
        tracks.append(_track(events))
    path = stem.with_suffix(".mid")
    header = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), show["resolution"])
    path.write_bytes(header + b"".join(tracks))
    return path


def notes_of(track: np.ndarray, drums: bool) -> Iterator[tuple[int, int, int]]:
    """Yield start, end (both in steps) and row of the notes of one track [2, steps, pitches].

    A note begins at an onset, or where its pitch starts to sound without one, and lasts until its
    pitch stops or has its next onset; drum hits are one step long.
    """
    onsets = track[1] > 0.5
    sounds = (track[0] > 0.5) | onsets
    for row in range(track.shape[2]):
        start = None
        for step in range(len(sounds) + 1):
            over = step == len(sounds)
            if start is not None and (over or onsets[step, row] or not sounds[step, row]):
                yield start, start + 1 if drums else step, row
                start = None
            if start is None and not over and sounds[step, row]:
                start = step


def _track(events: list[tuple[int, bytes]]) -> bytes:
    """Return a track of events at ticks; where two meet, notes end before others begin."""
    content, now = b"", 0
    for tick, event in sorted(events, key=lambda each: (each[0], each[1][0] & 0xF0 == 0x90)):
        content += _quantity(tick - now) + event
        now = tick
    content += b"\0\xff\x2f\0"
    return b"MTrk" + struct.pack(">I", len(content)) + content


def _quantity(number: int) -> bytes:
    """Return a number as MIDI has it: seven bits a byte, all but the last with the eighth set."""
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.insert(0, 0x80 | number & 0x7F)
    return bytes(digits)
