"""MIDI files and pieces for the tests of the music domain's data side."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import mido
import pytest

from omnigan_music.raw import RawInstrument, RawPiece

Row = tuple[float, float, int]  # start and end in quarter notes, pitch


def _track(
    notes: Sequence[Row],
    *,
    name: str = "",
    program: int | None = None,
    channel: int = 0,
    meta: Sequence[tuple[float, mido.MetaMessage]] = (),
    resolution: int = 480,
) -> mido.MidiTrack:
    """Return a mido track; at one position ends come before beginnings."""
    events: list[tuple[int, int, Any]] = []
    if name:
        events.append((0, 0, mido.MetaMessage("track_name", name=name)))
    if program is not None:
        events.append((0, 0, mido.Message("program_change", program=program, channel=channel)))
    events += [(round(at * resolution), 0, message) for at, message in meta]
    for start, end, pitch in notes:
        on = mido.Message("note_on", note=pitch, velocity=80, channel=channel)
        off = mido.Message("note_off", note=pitch, channel=channel)
        events += [(round(start * resolution), 2, on), (round(end * resolution), 1, off)]
    events.sort(key=lambda event: event[:2])
    track = mido.MidiTrack()
    before = 0
    for tick, _, message in events:
        track.append(message.copy(time=tick - before))
        before = tick
    return track


def _file(*tracks: mido.MidiTrack, kind: int = 1, resolution: int = 480) -> bytes:
    file = mido.MidiFile(type=kind, ticks_per_beat=resolution)
    file.tracks.extend(tracks)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _piece(
    *parts: Sequence[Row],
    name: str = "piece",
    names: Sequence[str] = (),
    programs: Sequence[int] = (),
    drums: Sequence[int] = (),
    meters: tuple[tuple[float, int, int], ...] = ((0.0, 4, 4),),
    tempo: float = 120.0,
) -> RawPiece:
    instruments = tuple(
        RawInstrument.of(
            names[number] if names else "",
            programs[number] if programs else 0,
            number in drums,
            [(start, end, pitch, 80) for start, end, pitch in rows],
        )
        for number, rows in enumerate(parts)
    )
    return RawPiece(name, instruments, meters, tempo)


@pytest.fixture(scope="session")
def track() -> Callable[..., mido.MidiTrack]:
    """Return a mido track from rows (start, end, pitch) in quarter notes."""
    return _track


@pytest.fixture(scope="session")
def midi() -> Callable[..., bytes]:
    """Return the bytes of a MIDI file of mido tracks."""
    return _file


@pytest.fixture(scope="session")
def raw() -> Callable[..., RawPiece]:
    """Return a piece from one list of rows (start, end, pitch) per instrument."""
    return _piece


@pytest.fixture(scope="session")
def tune() -> Callable[..., list[Row]]:
    """Return a walk of quarter notes that differs from seed to seed."""
    import random

    def make(seed: int, notes: int = 64, step: float = 1.0) -> list[Row]:
        rng = random.Random(seed)
        pitch, rows = 60, []
        for number in range(notes):
            pitch = min(79, max(48, pitch + rng.choice((-4, -3, -2, -1, 1, 2, 3, 4, 5))))
            rows.append((number * step, (number + 1) * step, pitch))
        return rows

    return make
