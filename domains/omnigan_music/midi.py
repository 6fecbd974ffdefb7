"""A MIDI file as a piece: notes, time signatures and tempo in quarter notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from omnigan_music.raw import RawInstrument, RawPiece, UnreadablePiece, bar_runs
from omnigan_music.smf import Smf, SmfTrack, read_smf

__all__ = ["read_midi"]

_DRUM_CHANNEL = 9
_UNENDED = 1.0  # length in quarter notes given to a note that the file never ends
_LARGEST_DENOMINATOR = 64

Key = tuple[int, int]  # channel and program
Rows = list[tuple[int, int, int, int]]  # start and end in ticks, pitch, velocity


def read_midi(content: bytes, name: str) -> RawPiece:
    """Read a MIDI file of format 0 or 1.

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
    try:
        smf = read_smf(content)
    except ValueError as error:
        raise UnreadablePiece(str(error)) from None
    if smf.format == 2:
        raise UnreadablePiece("it is a collection of patterns (format 2), not a piece")
    counts: Counter[str] = Counter()
    instruments = _instruments(smf, counts)
    if not instruments:
        raise UnreadablePiece("it holds no notes")
    end = max(float(part.end.max()) for part in instruments)
    meters = _meters(smf, end, counts)
    tempo = _tempo(smf, end, counts)
    piece = RawPiece(name, tuple(instruments), meters, tempo, dict(+counts))
    bar_runs(piece)  # refuses absurd lengths before anything is allocated by length
    return piece


def _instruments(smf: Smf, counts: Counter[str]) -> list[RawInstrument]:
    elsewhere: dict[int, int] = {}
    for track in smf.tracks:
        for _, channel, program in track.programs:
            elsewhere.setdefault(channel, program)
    instruments = []
    for track in smf.tracks:
        rows = _rows(track, smf.resolution, elsewhere, counts)
        counts["empty tracks"] += not rows
        for (channel, program), notes in sorted(rows.items()):
            scaled = [
                (start / smf.resolution, end / smf.resolution, pitch, velocity)
                for start, end, pitch, velocity in notes
            ]
            drums = channel == _DRUM_CHANNEL
            instruments.append(RawInstrument.of(track.name, program, drums, scaled))
    return instruments


def _rows(
    track: SmfTrack, resolution: int, elsewhere: dict[int, int], counts: Counter[str]
) -> dict[Key, Rows]:
    """Pair the beginnings and ends of a track's notes.

    Args:
        track: The track.
        resolution: Ticks in a quarter note.
        elsewhere: Program of each channel if this track does not set one: some files set all
            programs in their first track.
        counts: Updated with what was odd.
    """
    rows: dict[Key, Rows] = {}
    sounding: dict[tuple[int, int], tuple[int, int, int]] = {}
    struck_again: dict[tuple[int, int], int] = {}
    program = dict(elsewhere)
    changes = iter([*track.programs, (1 << 62, 0, 0)])
    due = next(changes)

    def close(channel: int, pitch: int, end: int) -> None:
        start, velocity, its_program = sounding.pop((channel, pitch))
        if end > start:
            rows.setdefault((channel, its_program), []).append((start, end, pitch, velocity))
        else:
            counts["notes of no length"] += 1

    for tick, channel, pitch, velocity in track.notes:
        while due[0] <= tick:
            program[due[1]] = due[2]
            due = next(changes)
        if velocity == 0 and struck_again.pop((channel, pitch), None) == tick:
            continue  # the end of the note before, written after the beginning of this one
        if (channel, pitch) in sounding:
            close(channel, pitch, tick)
            if velocity:
                counts["same-pitch overlaps cut"] += 1
                struck_again[channel, pitch] = tick
        if velocity:
            sounding[channel, pitch] = (tick, velocity, program.get(channel, 0))
    for channel, pitch in list(sounding):
        counts["notes without an end"] += 1
        close(channel, pitch, sounding[channel, pitch][0] + round(_UNENDED * resolution))
    return rows


def _meters(smf: Smf, end: float, counts: Counter[str]) -> tuple[tuple[float, int, int], ...]:
    """Return time signatures before the end, leaving out those that change nothing."""
    given = {0: (4, 4)}
    for track in smf.tracks:
        for tick, numerator, denominator in track.meters:
            if numerator == 0 or denominator > _LARGEST_DENOMINATOR:
                counts["absurd time signatures"] += 1
            elif tick < end * smf.resolution:
                given[tick] = (numerator, denominator)
    kept: list[tuple[int, int, int]] = []
    for tick, (numerator, denominator) in sorted(given.items()):
        if kept and kept[-1][1:] == (numerator, denominator):
            bar = 4 * smf.resolution * numerator
            if (tick - kept[-1][0]) * denominator % bar == 0:
                continue
        kept.append((tick, numerator, denominator))
    return tuple((tick / smf.resolution, above, below) for tick, above, below in kept)


def _tempo(smf: Smf, end: float, counts: Counter[str]) -> float:
    """Return the median tempo in quarter notes per minute, weighted by quarter notes."""
    given = sorted(event for track in smf.tracks for event in track.tempos if event[1] > 0)
    changes = [(0.0, 500_000)]
    for tick, microseconds in given:
        position = tick / smf.resolution
        if position < end and microseconds != changes[-1][1]:
            if changes[-1][0] == position:
                changes.pop()
            changes.append((position, microseconds))
    counts["tempo changes"] += len(changes) - 1
    return _weighted_median(changes, end)


def _weighted_median(changes: Sequence[tuple[float, int]], end: float) -> float:
    ends = [position for position, _ in changes[1:]] + [end]
    spans = sorted(
        (6e7 / microseconds, until - position)
        for (position, microseconds), until in zip(changes, ends, strict=True)
    )
    done = 0.0
    for tempo, length in spans:
        done += length
        if 2 * done >= end:
            return tempo
    return spans[-1][0]
