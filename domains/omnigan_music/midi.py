"""A MIDI file as a piece: notes, time signatures and tempo in quarter notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

import mido
import numpy as np
import pretty_midi
from numpy.typing import NDArray

from omnigan_music.mend import mended
from omnigan_music.parse import parse
from omnigan_music.raw import MAX_BARS, RawInstrument, RawPiece, UnreadablePiece, bar_runs

__all__ = ["read_midi"]


def read_midi(content: bytes, name: str) -> RawPiece:
    """Read a MIDI file of format 0 or 1 with mido and pretty_midi.

    Positions are ticks divided by ticks per quarter note, so tempo changes do not move anything.
    Time signatures and tempos count on whatever track they are. An instrument is a (track,
    channel, program) with notes; channel 10 is drums. A note ends where its pitch is struck again
    on the same channel.

    Args:
        content: The whole file.
        name: Name of the piece.

    Raises:
        UnreadablePiece: There is no music to be had from it; the message says why.
    """
    counts: Counter[str] = Counter()
    midi = _loaded(mended(parse(content), counts))

    @cache
    def quarters(seconds: float) -> float:
        # A whole number of ticks, exactly those that pretty_midi was given.
        return int(midi.time_to_tick(seconds)) / int(midi.resolution)

    instruments = tuple(_instrument(part, quarters) for part in midi.instruments)
    end = max(float(part.end.max()) for part in instruments)
    seconds, tempos = midi.get_tempo_changes()
    counts["tempo changes"] = len(tempos) - 1
    tempo = _median(tempos, np.diff([quarters(time) for time in seconds], append=end))
    meters = _meters(midi.time_signature_changes, quarters)
    piece = RawPiece(name, instruments, meters, tempo, dict(+counts))
    bar_runs(piece)  # refuses absurd lengths before anything is allocated by bar
    return piece


def _loaded(file: mido.MidiFile) -> pretty_midi.PrettyMIDI:
    """Return a mended file's notes.

    Raises:
        UnreadablePiece: It has none, or is absurdly long: pretty_midi needs memory for every tick.
    """
    if len(file.tracks) == 1:
        raise UnreadablePiece("it holds no notes")
    if sum(message.time for message in file.tracks[0]) > 4 * MAX_BARS * file.ticks_per_beat:
        raise UnreadablePiece(f"it is longer than {MAX_BARS} bars of 4/4")
    try:
        return pretty_midi.PrettyMIDI(mido_object=file)
    except ValueError as error:
        raise UnreadablePiece(f"pretty_midi refuses it: {error}") from None


def _instrument(part: pretty_midi.Instrument, quarters: Callable[[float], float]) -> RawInstrument:
    rows = [
        (quarters(note.start), quarters(note.end), note.pitch, note.velocity) for note in part.notes
    ]
    return RawInstrument.of(part.name, int(part.program), part.is_drum, rows)


def _meters(
    signs: Iterable[pretty_midi.TimeSignature], quarters: Callable[[float], float]
) -> tuple[tuple[float, int, int], ...]:
    """Return time signatures, leaving out those that change nothing."""
    given = {0.0: (4, 4)}
    for sign in signs:
        given[quarters(sign.time)] = (sign.numerator, sign.denominator)
    kept: list[tuple[float, int, int]] = []
    for position, meter in given.items():
        if kept and kept[-1][1:] == meter:
            bars = (position - kept[-1][0]) * meter[1] / (4 * meter[0])
            if abs(bars - round(bars)) < 1e-6:
                continue
        kept.append((position, *meter))
    return tuple(kept)


def _median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values, kind="stable")
    done = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(done, done[-1] / 2)])
