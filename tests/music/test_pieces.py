"""Quantisation, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan_music.config import Track
from omnigan_music.grid import Grid, Voice
from omnigan_music.pieces import Piece, quantise
from omnigan_music.raw import MAX_BARS, RawInstrument, RawPiece, UnreadablePiece, bar_runs

Make = Callable[..., Any]


def grid(
    beats: int = 4, unit: int = 4, steps: int = 4, *, monophonic: bool = False, name: str = "lead"
) -> Grid:
    """Return a grid of one melodic and one drum voice."""
    voices = (Voice(name, 0, False, monophonic, 40, 80), Voice("kit", 0, True, False, 30, 60))
    return Grid(voices, beats, unit, steps, 2, 120.0)


TRACKS = (Track(name="lead"), Track(name="kit", drums=True))


def notes(raw: RawPiece, layout: Grid) -> tuple[list[list[int]], Piece, Any]:
    piece, counts = quantise(raw, TRACKS, layout)
    return piece.notes.tolist(), piece, +counts


def test_starts_and_ends_go_to_the_nearest_step(raw: Make) -> None:
    # steps of a quarter of a quarter note; half a step goes up; nothing vanishes
    found, _, _ = notes(raw([(0.12, 0.88, 60), (1.125, 1.13, 62), (2.9, 3.01, 64)]), grid())
    assert found == [[0, 0, 4, 60], [0, 5, 1, 62], [0, 12, 1, 64]]


def test_drum_hits_are_one_step_long_whatever_the_file_says(raw: Make) -> None:
    found, _, counts = notes(raw([], [(0, 2, 36), (0.5, 0.51, 38)], drums=(1,)), grid())
    assert found == [[1, 0, 1, 36], [1, 2, 1, 38]]
    assert counts["drum notes"] == 2


def test_a_new_note_ends_the_old_one_in_a_monophonic_track(raw: Make) -> None:
    rows = [(0, 4, 60), (1, 2, 67), (3, 4, 55)]
    found, _, counts = notes(raw(rows), grid(monophonic=True))
    assert found == [[0, 0, 4, 60], [0, 4, 4, 67], [0, 12, 4, 55]]
    assert counts["overlapping notes cut"] == 1
    found, _, counts = notes(raw(rows), grid(monophonic=False))
    assert found == [[0, 0, 16, 60], [0, 4, 4, 67], [0, 12, 4, 55]]
    assert "overlapping notes cut" not in counts


@pytest.mark.parametrize(("name", "kept"), [("lead", 67), ("Bass guitar", 60)])
def test_of_a_chord_the_top_stays_or_the_bottom_in_a_bass(raw: Make, name: str, kept: int) -> None:
    chord = [(0, 1, 64), (0, 1, 60), (0, 1, 67)]
    found, _, counts = notes(raw(chord), grid(monophonic=True, name=name))
    assert found == [[0, 0, 4, kept]]
    assert counts["simultaneous notes left out"] == 2


def test_repeated_notes_stay_apart(raw: Make) -> None:
    found, _, _ = notes(raw([(0, 1, 60), (1, 2, 60)]), grid())
    assert found == [[0, 0, 4, 60], [0, 4, 4, 60]]
    # two instruments on one pitch: the second attack cuts the first
    found, _, counts = notes(raw([(0, 3, 60)], [(1, 2, 60)], drums=()), grid())
    assert found == [[0, 0, 4, 60], [0, 4, 4, 60]]
    assert counts["overlapping notes cut"] == 1


def test_notes_out_of_range_are_left_out_not_folded(raw: Make) -> None:
    found, _, counts = notes(raw([(0, 1, 39), (0, 1, 40), (1, 2, 80), (1, 2, 81)]), grid())
    assert [note[3] for note in found] == [40, 80]
    assert counts["notes out of range"] == 2


def test_a_pickup_is_dropped_and_the_first_full_bar_is_bar_0(raw: Make) -> None:
    # one quarter note before the first bar; the last note begins in the pickup and goes on
    rows = [(0, 1, 60), (1, 5, 62), (5, 9, 64), (0.5, 2, 50)]
    found, piece, counts = notes(raw(rows, meters=((0.0, 1, 4), (1.0, 4, 4))), grid())
    assert found == [[0, 0, 4, 50], [0, 0, 16, 62], [0, 16, 16, 64]]
    assert (piece.bars, piece.breaks) == (2, ())
    assert counts["pickups"] == 1
    assert "bars in other meters" not in counts


def test_a_note_from_before_the_first_bar_does_not_outlive_a_new_one(raw: Make) -> None:
    rows = [(0, 4, 70), (1, 5, 62)]
    meters = ((0.0, 1, 4), (1.0, 4, 4))
    found, _, _ = notes(raw(rows, meters=meters), grid(monophonic=True))
    assert found == [[0, 0, 16, 62]]  # 70 is higher, but older


def test_a_change_of_meter_leaves_a_break(raw: Make) -> None:
    meters = ((0.0, 4, 4), (8.0, 3, 4), (14.0, 4, 4))
    rows = [(6, 9, 60), (9, 10, 61), (13, 15, 62), (17, 18, 63)]
    found, piece, counts = notes(raw(rows, meters=meters), grid())
    # bars 0, 1 and the one from position 14; notes are cut where bars are left out
    assert (piece.bars, piece.breaks) == (3, (2,))
    assert found == [[0, 24, 8, 60], [0, 32, 4, 62], [0, 44, 4, 63]]
    assert counts["bars in other meters"] == 2


def test_a_bar_that_a_change_of_meter_cuts_short_does_not_count(raw: Make) -> None:
    piece = raw([(0, 20, 60)], meters=((0.0, 4, 4), (6.0, 4, 4)))
    runs = [(run.start, run.meter, run.bars) for run in bar_runs(piece)]
    assert runs == [(0.0, "4/4", 1), (4.0, "2/4", 1), (6.0, "4/4", 4)]
    _, quantised, _ = notes(piece, grid())
    assert (quantised.bars, quantised.breaks) == (5, (1,))


@pytest.mark.parametrize(
    ("beats", "unit", "steps", "end"),
    [(3, 4, 4, 3.0), (6, 8, 2, 3.0), (2, 2, 8, 4.0), (4, 4, 6, 4.0)],
)
def test_bars_of_other_meters_and_grids(
    raw: Make, beats: int, unit: int, steps: int, end: float
) -> None:
    rows = [(0, end, 60), (end, 2 * end, 62)]
    layout = grid(beats, unit, steps)
    found, piece, _ = notes(raw(rows, meters=((0.0, beats, unit),)), layout)
    bar = beats * steps
    assert piece.bars == 2
    assert found == [[0, 0, bar, 60], [0, bar, bar, 62]]


def test_part_of_a_piece(raw: Make) -> None:
    meters = ((0.0, 4, 4), (8.0, 3, 4), (11.0, 4, 4))
    _, piece, _ = notes(raw([(2, 6, 60), (11, 19, 62)], meters=meters), grid())
    assert (piece.bars, piece.breaks) == (4, (2,))
    part = piece.part(1, 2, 16)
    assert (part.bars, part.breaks) == (2, (1,))
    assert part.notes.tolist() == [[0, 0, 8, 60], [0, 16, 16, 62]]
    assert piece.part(2, 2, 16).breaks == ()


def test_absurd_lengths_are_refused(raw: Make) -> None:
    with pytest.raises(UnreadablePiece, match="longer than 20000 bars"):
        bar_runs(raw([(4.0 * MAX_BARS, 4.0 * MAX_BARS + 1, 60)]))
    with pytest.raises(UnreadablePiece, match="more than 20000 bars"):
        bar_runs(raw([(0.0, 2000.0, 60)], meters=((0.0, 1, 64),)))


rows = st.lists(
    st.tuples(
        st.floats(0, 30), st.floats(0.001, 12), st.integers(30, 90), st.booleans(), st.booleans()
    ),
    max_size=30,
)
meters = st.lists(
    st.tuples(st.floats(0.1, 25), st.sampled_from([(4, 4), (3, 4), (6, 8)])), max_size=3
)


@given(rows=rows, meters=meters, monophonic=st.booleans())
def test_what_comes_out_fits_the_grid(
    rows: list[tuple[float, float, int, bool, bool]],
    meters: list[tuple[float, tuple[int, int]]],
    monophonic: bool,
) -> None:
    parts = tuple(
        RawInstrument.of("", 0, drums, [(s, s + n, p, 80) for s, n, p, d, _ in rows if d == drums])
        for drums in (False, True)
    )
    changes = sorted({position: meter for position, meter in meters}.items())
    piece = RawPiece(
        "x", parts, ((0.0, 4, 4), *((position, *meter) for position, meter in changes))
    )
    layout = grid(monophonic=monophonic)
    result, counts = quantise(piece, TRACKS, layout)
    track, start, length, _ = result.notes.T
    assert (length >= 1).all()
    assert (start >= 0).all()
    assert (start + length <= result.bars * 16).all()
    assert (length[track == 1] == 1).all()
    assert counts["notes"] == len(result.notes)
    assert all(0 < bar < result.bars for bar in result.breaks)
    for edge in result.breaks:
        assert not ((start < edge * 16) & (start + length > edge * 16)).any()
    cells = [
        (t, s, 0 if monophonic and t == 0 else p)
        for t, first, n, p in result.notes.tolist()
        for s in range(first, first + n)
    ]
    assert len(cells) == len(set(cells))  # no pitch, or no track if monophonic, sounds twice
    assert (result.notes[:, 1] == sorted(start)).all()
