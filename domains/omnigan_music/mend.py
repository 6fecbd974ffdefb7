"""What a MIDI file leaves unsaid or says in a strange place, said as pretty_midi expects it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

import mido

__all__ = ["mended"]

Key = tuple[int, int]  # channel and program
Event = tuple[int, mido.Message]  # tick and message
Meta = dict[int, mido.MetaMessage]  # by tick

_UNENDED = 1.0  # length in quarter notes given to a note that the file never ends
_LARGEST_DENOMINATOR = 64
_FASTEST = 6000  # microseconds per quarter note; ticks of faster ones are too short for seconds
_LONGEST_NAME = 100


def mended(file: mido.MidiFile, counts: Counter[str]) -> mido.MidiFile:
    """Return a file that pretty_midi reads without loss.

    Time signatures and tempos of all tracks are on a first track that is as long as the music, as
    far as they make sense. Each other track has the notes of one (track, channel, program) of the
    original, in this order. A note belongs to the program that holds when it begins; where its
    track sets none, to the first of its channel on any track. Every note has one end, and none
    overlaps another of its pitch.

    Args:
        file: A file of format 0 or 1; its messages are used up.
        counts: Updated with what was odd.
    """
    tracks = [list(_by_tick(track)) for track in file.tracks]
    programs: dict[int, int] = {}
    for _, message in (event for track in tracks for event in track):
        if message.type == "program_change":
            programs.setdefault(message.channel, message.program)
    parts: list[list[Event]] = []
    for number, track in enumerate(tracks):
        lines = _lines(track, file.ticks_per_beat, programs, counts)
        conducts = number == 0 and len(tracks) > 1  # tempo and meter; notes are not expected
        counts["empty tracks"] += not lines and not conducts
        name = _name(track)
        parts += [_part(name, key, line) for key, line in sorted(lines.items())]
    end = max((tick for part in parts for tick, _ in part), default=0)
    parts.insert(0, _conductor(tracks, end, counts))
    return mido.MidiFile(
        ticks_per_beat=file.ticks_per_beat, tracks=[_timed(part) for part in parts]
    )


def _by_tick(track: mido.MidiTrack) -> Iterator[Event]:
    tick = 0
    for message in track:
        tick += message.time
        yield tick, message


def _timed(events: Iterable[Event]) -> mido.MidiTrack:
    """Return a track; of events on the same tick, ends of notes come first."""
    track = mido.MidiTrack()
    before = 0
    for tick, message in sorted(events, key=lambda event: (event[0], event[1].type == "note_on")):
        message.time = tick - before
        before = tick
        track.append(message)
    return track


def _lines(
    track: Sequence[Event], resolution: int, programs: Mapping[int, int], counts: Counter[str]
) -> dict[Key, list[Event]]:
    """Return the beginning and the end of every note, in no particular order.

    Args:
        track: The events.
        resolution: Ticks in a quarter note.
        programs: Program of each channel if this track does not set one.
        counts: Updated with what was odd.
    """
    lines: dict[Key, list[Event]] = {}
    sounding: dict[tuple[int, int], tuple[int, int, mido.Message]] = {}
    struck_again: dict[tuple[int, int], int] = {}
    program = dict(programs)

    def close(place: tuple[int, int], end: int) -> None:
        channel, pitch = place
        start, its_program, begin = sounding.pop(place)
        if end > start:
            off = mido.Message("note_off", skip_checks=True, channel=channel, note=pitch)
            lines.setdefault((channel, its_program), []).extend([(start, begin), (end, off)])
        else:
            counts["notes of no length"] += 1

    for tick, message in track:
        if message.type == "program_change":
            program[message.channel] = message.program
        if message.type not in ("note_on", "note_off"):
            continue
        place = (message.channel, message.note)
        begins = message.type == "note_on" and message.velocity > 0
        if not begins and struck_again.pop(place, None) == tick:
            continue  # the end of the note before, written after the beginning of this one
        if place in sounding:
            close(place, tick)
            if begins:
                counts["same-pitch overlaps cut"] += 1
                struck_again[place] = tick
        if begins:
            sounding[place] = (tick, program.get(message.channel, 0), message)
    for place, (start, *_) in list(sounding.items()):
        counts["notes without an end"] += 1
        close(place, start + round(_UNENDED * resolution))
    return lines


def _part(name: str, key: Key, line: Sequence[Event]) -> list[Event]:
    channel, program = key
    return [
        (0, mido.MetaMessage("track_name", name=name)),
        (0, mido.Message("program_change", channel=channel, program=program)),
        *line,
    ]


def _name(track: Sequence[Event]) -> str:
    """Return the first name that a track gives itself.

    mido decodes names as Latin-1, which never fails; most that are not ASCII are UTF-8.
    """
    name = next((message.name for _, message in track if message.type == "track_name"), "")
    with suppress(UnicodeError):
        name = name.encode("latin-1").decode("utf-8")
    return "".join(char for char in name[:_LONGEST_NAME] if char.isprintable()).strip()


def _conductor(tracks: Iterable[Sequence[Event]], end: int, counts: Counter[str]) -> list[Event]:
    """Return tempos and time signatures before the end, the last of each tick."""
    tempos: Meta = {}
    meters: Meta = {}
    for tick, message in (event for track in tracks for event in track):
        if message.type == "time_signature":
            if message.numerator == 0 or message.denominator > _LARGEST_DENOMINATOR:
                counts["absurd time signatures"] += 1
            elif tick < end:
                meters[tick] = message
        elif message.type == "set_tempo" and message.tempo >= _FASTEST and tick < end:
            tempos[tick] = message
    last = mido.MetaMessage("end_of_track")
    return [*tempos.items(), *meters.items(), (end, last)]
