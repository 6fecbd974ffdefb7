"""MIDI files written by mido or byte by byte, read and compared with what was written."""

from __future__ import annotations

import io
import struct
import time
from collections.abc import Callable
from typing import Any

import mido
import numpy as np
import pretty_midi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnigan_music.midi import read_midi
from omnigan_music.raw import RawInstrument, UnreadablePiece, bar_runs

Make = Callable[..., Any]


def rows(part: RawInstrument) -> list[tuple[float, float, int]]:
    """Return (start, end, pitch) of every note."""
    times = zip(part.start.tolist(), part.end.tolist(), strict=True)
    return [(start, end, int(p)) for (start, end), p in zip(times, part.pitch, strict=True)]


def by_hand(*events: str, division: int = 4, kind: int = 0, count: int = 1) -> bytes:
    """Return a file of one track from hexadecimal events, each with its delta time."""
    body = bytes.fromhex("".join(events).replace(" ", ""))
    header = b"MThd" + struct.pack(">LHHH", 6, kind, count, division)
    return header + b"MTrk" + struct.pack(">L", len(body)) + body


def test_names_programs_and_notes_are_those_written(track: Make, midi: Make) -> None:
    flute = [(0.0, 1.0, 72), (1.0, 2.5, 74)]
    bass = [(0.5, 4.0, 40)]
    content = midi(
        track([], name="conductor"),
        track(flute, name="Flute", program=73, channel=0),
        track(bass, name="Bass", program=33, channel=1),
        track([], name="Silence"),
    )
    piece = read_midi(content, "a/b.mid")
    assert piece.name == "a/b.mid"
    assert [(p.name, p.program, p.is_drum) for p in piece.instruments] == [
        ("Flute", 73, False),
        ("Bass", 33, False),
    ]
    assert [rows(part) for part in piece.instruments] == [flute, bass]
    assert piece.instruments[0].velocity.tolist() == [80, 80]
    assert piece.meters == ((0.0, 4, 4),)
    assert piece.tempo == 120
    assert piece.counts["empty tracks"] == 1, "the conductor's has no notes by its nature"


def test_running_status_and_velocity_zero_by_hand() -> None:
    # one status byte for four events; "3C 00" ends C4; a meta event between does not end it
    content = by_hand(
        "00 90 3C 40", "04 3C 00", "00 3E 40", "00 FF 01 02 68 69", "08 3E 00", "00 FF 2F 00"
    )
    assert rows(read_midi(content, "x").instruments[0]) == [(0.0, 1.0, 60), (1.0, 3.0, 62)]


def test_long_delta_times_by_hand() -> None:
    # 0x81 0x00 is 128 ticks, 32 quarter notes of 4 ticks
    content = by_hand("81 00 90 3C 40", "81 80 00 80 3C 00", "00 FF 2F 00")
    assert rows(read_midi(content, "x").instruments[0]) == [(32.0, 32.0 + 16384 / 4, 60)]


def test_format_0_gives_one_instrument_for_each_channel(midi: Make) -> None:
    mixed = mido.MidiTrack()
    for channel, program in ((2, 56), (5, 40)):
        mixed.append(mido.Message("program_change", channel=channel, program=program))
    for pitch, channel in ((67, 5), (60, 2), (36, 9)):
        mixed.append(mido.Message("note_on", note=pitch, channel=channel))
    mixed.append(mido.Message("note_off", note=67, channel=5, time=480))
    mixed.append(mido.Message("note_off", note=60, channel=2))
    mixed.append(mido.Message("note_off", note=36, channel=9))
    piece = read_midi(midi(mixed, kind=0), "x")
    found = [(p.program, p.is_drum, rows(p)[0][2]) for p in piece.instruments]
    assert found == [(56, False, 60), (40, False, 67), (0, True, 36)]


def test_tempo_on_another_track_moves_nothing_and_is_known(track: Make, midi: Make) -> None:
    notes = [(0.0, 4.0, 60), (4.0, 8.0, 62)]
    # 100 for 2 quarter notes, 150 for the other 6
    meta = [
        (0, mido.MetaMessage("set_tempo", tempo=600_000)),
        (2, mido.MetaMessage("set_tempo", tempo=400_000)),
    ]
    piece = read_midi(midi(track(notes), track([], meta=meta)), "x")
    assert rows(piece.instruments[0]) == notes
    assert piece.tempo == pytest.approx(150)
    assert piece.counts["tempo changes"] == 1


def test_time_signatures_of_every_track_count_once(track: Make, midi: Make) -> None:
    three = mido.MetaMessage("time_signature", numerator=3, denominator=4)
    six = mido.MetaMessage("time_signature", numerator=6, denominator=8)
    content = midi(
        track([(0, 40, 60)]),
        track([], meta=[(0, three), (6, three), (9, six), (12, six), (50, three)]),
    )
    piece = read_midi(content, "x")
    # those that repeat what holds anyway, and those after the last note, say nothing
    assert piece.meters == ((0.0, 3, 4), (9.0, 6, 8))


def test_absurd_time_signatures_are_ignored(track: Make) -> None:
    content = by_hand(
        "00 FF 58 04 00 02 18 08", "00 FF 58 04 04 FF 18 08", "00 90 3C 40", "04 3C 00"
    )
    piece = read_midi(content, "x")
    assert piece.meters == ((0.0, 4, 4),)
    assert piece.counts["absurd time signatures"] == 2


def test_a_second_attack_ends_the_first() -> None:
    content = by_hand("00 90 3C 40", "04 3C 40", "08 3C 00")
    piece = read_midi(content, "x")
    assert rows(piece.instruments[0]) == [(0.0, 1.0, 60), (1.0, 3.0, 60)]
    assert piece.counts["same-pitch overlaps cut"] == 1


def test_an_end_written_after_the_next_beginning_ends_the_note_before() -> None:
    content = by_hand("00 90 3C 40", "04 3C 40", "00 3C 00", "08 3C 00")
    assert rows(read_midi(content, "x").instruments[0]) == [(0.0, 1.0, 60), (1.0, 3.0, 60)]


def test_notes_of_no_length_are_dropped_and_notes_without_an_end_get_one() -> None:
    content = by_hand("00 90 3C 40", "00 3C 00", "04 40 40", "40 B0 07 64")
    piece = read_midi(content, "x")
    assert rows(piece.instruments[0]) == [(1.0, 2.0, 64)]
    assert piece.counts["notes of no length"] == 1
    assert piece.counts["notes without an end"] == 1


def test_programs_may_all_be_on_the_first_track(track: Make, midi: Make) -> None:
    setup = mido.MidiTrack(
        mido.Message("program_change", channel=c, program=p) for c, p in ((0, 40), (1, 41))
    )
    content = midi(
        setup, track([(0, 1, 60)], channel=0), track([(0, 1, 62)], channel=1, program=70)
    )
    assert [part.program for part in read_midi(content, "x").instruments] == [40, 70]


def test_a_program_change_starts_another_instrument(track: Make, midi: Make) -> None:
    change = mido.Message("program_change", program=19)
    content = midi(track([(0, 1, 60), (1, 2, 62)], program=6, meta=[(1, change)]))
    parts = read_midi(content, "x").instruments
    assert [(part.program, rows(part)) for part in parts] == [
        (6, [(0, 1, 60)]),
        (19, [(1, 2, 62)]),
    ]


@pytest.mark.parametrize(
    "event",
    [
        "00 FF 59 02 44 05",  # a key with 68 sharps
        "00 FF 59 00",  # no key at all
        "00 FF 00 01 07",  # half a sequence number
        "00 FF 54 05 E0 00 00 00 00",  # a frame rate that does not exist
        "00 FF 20 00",
        "00 FF 51 01 07",
        "00 FF 58 02 03 02",  # 3/4 without its clock
        "00 FF 4B 01 07",  # a type that the specification does not name
    ],
)
def test_odd_meta_events_do_not_cost_the_file(event: str) -> None:
    piece = read_midi(by_hand(event, "00 90 3C 40", "10 3C 00", "00 FF 2F 00"), "x")
    assert rows(piece.instruments[0]) == [(0.0, 4.0, 60)]
    assert piece.tempo == 120
    assert piece.meters == ((0.0, 3 if "58 02" in event else 4, 4),)


def test_time_before_an_event_of_an_unknown_type_passes() -> None:
    content = by_hand("08 FF 08 01 61", "04 90 3C 40", "04 3C 00", "00 FF 2F 00")
    assert rows(read_midi(content, "x").instruments[0]) == [(3.0, 4.0, 60)]


def test_keys_and_programs_are_still_there_for_others(track: Make, midi: Make) -> None:
    # mido's table of meta events is shared by the whole process
    key = mido.MetaMessage("key_signature", key="F#m")
    theirs = pretty_midi.PrettyMIDI(io.BytesIO(midi(track([(0, 1, 60)], meta=[(0, key)]))))
    assert [str(k) for k in theirs.key_signature_changes] == ["F# minor at 0.00 seconds"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"Fl\xc3\xb6te", "Fl\u00f6te"),
        (b"Fl\xf6te", "Fl\u00f6te"),
        (
            "\u0421\u043a\u0440\u0438\u043f\u043a\u0430".encode(),
            "\u0421\u043a\u0440\u0438\u043f\u043a\u0430",
        ),
        (b" Oboe\0\n", "Oboe"),
        (b"x" * 300, "x" * 100),
    ],
)
def test_names_in_any_script(written: bytes, read: str) -> None:
    length = f"{len(written):02X}" if len(written) < 128 else "82 2C"
    content = by_hand("00 FF 03", length, written.hex(), "00 90 3C 40", "04 3C 00", "00 FF 2F 00")
    assert read_midi(content, "x").instruments[0].name == read


WHOLE = by_hand("00 90 3C 40", "04 3C 00", "00 FF 2F 00")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"this is a text file", "not a MIDI file"),
        (b"MThd\0\0\0\6", "cut off"),
        (WHOLE[:14], "cut off"),
        (WHOLE[:-6], "cut off"),
        (WHOLE[:-4], "cut off"),
        (by_hand("00 90 3C 40", division=0), "header is damaged"),
        (by_hand("00 90 3C 40", division=0xE728), "SMPTE"),
        (by_hand("00 90 3C 40", kind=2), "format 2"),
        (by_hand("00 90 3C 40", kind=9), "header is damaged"),
        (by_hand("00 90 3C 40", "04 3C 00", count=2), "cut off"),
        (by_hand("00 FF 2F 00"), "no notes"),
        (by_hand("00 90 3C 40", "00 3C 00", "00 FF 2F 00"), "no notes"),
        (by_hand("00 3C 40"), "damaged: running status"),
        (by_hand("00 F4 90 3C 40"), "damaged: undefined status"),
        (by_hand("00 FF 01 FF FF FF 7F 00"), "damaged: Message length"),
        (by_hand("00 90 3C 40", "FF FF FF 7F 3C 00"), "longer than 20000 bars"),
        (by_hand("00 90 3C 40", "FF FF FF FF 7F 3C 00"), "longer than 20000 bars"),
        (by_hand("00 90 3C 40", "FF FF FF 7F 3C 00", division=32767), "largest tick"),
        (by_hand("00 FF 58 02 01 04", "00 90 3C 40", "F0 00 3C 00", division=1), "20000 bars"),
    ],
)
def test_unusable_files_are_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadablePiece, match=reason):
        read_midi(content, "x")


@pytest.mark.parametrize(
    "body",
    [
        b"\xff" * 4_000_000,
        (b"\xff" * 4000 + b"\0") * 100,
        b"\x00\xf0\xff\x7f" + bytes(200_000),
        b"\x00\xff\x01\x00" * 50_000,
    ],
    ids=["one endless number", "long numbers", "an event longer than its track", "empty texts"],
)
def test_hostile_files_take_bounded_time(body: bytes) -> None:
    content = by_hand()[:14] + b"MTrk" + struct.pack(">L", len(body)) + body
    start = time.process_time()
    with pytest.raises(UnreadablePiece):
        read_midi(content, "x")
    assert time.process_time() - start < 10


notes = st.lists(
    st.tuples(
        st.integers(0, 2),  # track
        st.integers(0, 15),  # channel
        st.integers(0, 4000),  # start tick
        st.integers(1, 900),  # length in ticks
        st.integers(0, 127),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60)
@given(notes=notes, resolution=st.sampled_from([24, 96, 480, 1000]))
def test_pretty_midi_reads_the_same_notes(
    notes: list[tuple[int, int, int, int, int]], resolution: int
) -> None:
    file = mido.MidiFile(ticks_per_beat=resolution, tracks=[mido.MidiTrack() for _ in range(3)])
    expected = []
    for number, lines in enumerate(file.tracks):
        events = []
        ends: dict[tuple[int, int], int] = {}
        for track, channel, start, length, pitch in sorted(notes, key=lambda note: note[2]):
            # what overlaps is read in another way on purpose
            if track != number or ends.get((channel, pitch), -1) >= start:
                continue
            ends[channel, pitch] = start + length
            expected.append((number, channel == 9, start, start + length, pitch))
            on = mido.Message("note_on", note=pitch, channel=channel)
            off = mido.Message("note_off", note=pitch, channel=channel)
            events += [(start, on), (start + length, off)]
        before = 0
        for tick, message in sorted(events, key=lambda event: event[0]):
            lines.append(message.copy(time=tick - before))
            before = tick
    buffer = io.BytesIO()
    file.save(file=buffer)
    theirs = pretty_midi.PrettyMIDI(io.BytesIO(buffer.getvalue()))
    piece = read_midi(buffer.getvalue(), "x")

    def table(parts: Any, tick: Callable[[float], int], fields: Callable[[Any], Any]) -> Any:
        return sorted(
            (part.is_drum, tick(start), tick(end), int(pitch))
            for part in parts
            for start, end, pitch in fields(part)
        )

    seconds = table(
        theirs.instruments,
        theirs.time_to_tick,
        lambda p: [(n.start, n.end, n.pitch) for n in p.notes],
    )
    ours = table(piece.instruments, lambda quarters: round(quarters * resolution), rows)
    assert ours == seconds == sorted(row[1:] for row in expected)


@settings(max_examples=300, deadline=2000)
@given(data=st.data())
def test_damage_never_crashes_the_reader(data: st.DataObject) -> None:
    content = bytearray(
        by_hand(
            "00 FF 03 04 6E616D65", "00 FF 51 03 07A120", "00 FF 58 04 03 02 18 08", "00 C0 05",
            "00 90 3C 40", "04 3C 00", "00 E0 00 40", "00 F0 02 7E F7", "08 99 24 40", "01 24 00",
            "83 00 90 40 40", "10 80 40 00", "00 FF 2F 00",
        )
    )  # fmt: skip
    for _ in range(data.draw(st.integers(1, 6))):
        position = data.draw(st.integers(0, len(content) - 1))
        action = data.draw(st.sampled_from(["set", "delete", "insert", "cut"]))
        byte = data.draw(st.sampled_from([0, 1, 0x2F, 0x7F, 0x80, 0x90, 0xF0, 0xFF]))
        if action == "set":
            content[position] = byte
        elif action == "insert":
            content.insert(position, byte)
        elif action == "delete" and len(content) > 1:
            del content[position]
        elif action == "cut" and position:
            del content[position:]
    check(bytes(content))


@settings(max_examples=200, deadline=2000)
@given(body=st.binary(max_size=200))
def test_any_track_content_is_read_or_refused(body: bytes) -> None:
    content = by_hand()[:14] + b"MTrk" + struct.pack(">L", len(body)) + body
    check(content)


def check(content: bytes) -> None:
    """Assert that a file is refused, or gives a piece that is what every piece must be."""
    try:
        piece = read_midi(content, "x")
    except UnreadablePiece:
        return
    assert any(len(part) for part in piece.instruments)
    for part in piece.instruments:
        assert (part.end > part.start).all()
        assert (np.diff(part.start) >= 0).all()
        assert ((part.pitch >= 0) & (part.pitch <= 127)).all()
    assert sum(run.bars * run.bar for run in bar_runs(piece)) >= piece.end - 0.01
