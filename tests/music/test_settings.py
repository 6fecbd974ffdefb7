"""Settings that are read off the data, on data whose answer is known."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from omnigan.errors import UserError
from omnigan_music.config import MusicData, Track
from omnigan_music.settings import resolve

Make = Callable[..., Any]


def scale(step: float, count: int, pitch: int = 60) -> list[tuple[float, float, int]]:
    return [(n * step, (n + 1) * step, pitch + n % 5) for n in range(count)]


def test_the_meter_of_most_bars_wins_not_that_of_most_pieces(raw: Make) -> None:
    short = raw(scale(1, 6), meters=((0.0, 3, 4),))
    long = raw(scale(1, 40), meters=((0.0, 4, 4),))
    assert resolve(MusicData(), [short, short, long]).meter == "4/4"
    assert resolve(MusicData(), [short] * 6 + [long]).meter == "3/4"


def test_bars_that_no_recipe_can_name_do_not_count(raw: Make) -> None:
    odd = raw(scale(1, 40), meters=((0.0, 1, 32),))
    assert resolve(MusicData(), [odd, raw(scale(1, 3), meters=((0.0, 3, 4),))]).meter == "3/4"
    with pytest.raises(UserError, match="no piece has a bar"):
        resolve(MusicData(), [odd])


@pytest.mark.parametrize(
    ("meter", "step", "expected"),
    [
        ((4, 4), 0.25, 4),  # sixteenths
        ((4, 4), 1.0, 4),  # quarter notes lie on every grid
        ((4, 4), 1 / 3, 6),  # triplets
        ((4, 4), 1 / 12, 12),
        ((6, 8), 0.5, 2),
        ((6, 8), 1 / 3, 3),
        ((2, 2), 0.5, 8),
        ((2, 2), 1 / 3, 12),
        ((6, 16), 0.25, 1),
    ],
)
def test_the_grid_follows_the_onsets(
    raw: Make, meter: tuple[int, int], step: float, expected: int
) -> None:
    piece = raw(scale(step, 96), meters=((0.0, *meter),))
    assert resolve(MusicData(), [piece]).steps_per_beat == expected


def test_swing_takes_the_triplet_grid_and_free_playing_the_default(raw: Make) -> None:
    swing = [(b + o, b + o + 0.3, 60) for b in range(64) for o in (0, 2 / 3)]
    assert resolve(MusicData(), [raw(swing)]).steps_per_beat == 6
    rng = random.Random(0)
    free = [(n + rng.random(), n + 1.0, 60) for n in range(200)]
    assert resolve(MusicData(), [raw(free)]).steps_per_beat == 4


def test_triplets_beside_sixteenths_need_twelfths(raw: Make) -> None:
    both = scale(0.25, 64) + [(16 + s, 16 + e, p) for s, e, p in scale(1 / 3, 48)]
    assert resolve(MusicData(), [raw(both)]).steps_per_beat == 12


def test_pieces_of_equal_parts_give_one_track_for_each(raw: Make) -> None:
    def quartet(last: int) -> Any:
        return raw(
            scale(1, 8, 72), [], scale(1, 8, 60), scale(1, 8, 36),
            names=("Violin", "empty", "Viola", "Kick"), programs=(40, 0, last, 0), drums=(3,),
        )  # fmt: skip

    data = resolve(MusicData(), [quartet(41), quartet(41), quartet(42)])
    assert isinstance(data.tracks, tuple)
    assert [(t.name, t.index, t.program, t.drums) for t in data.tracks] == [
        ("Violin", 0, 40, False),
        ("Viola", 1, 41, False),
        ("drums", None, 0, True),
    ]


def test_parts_without_agreed_names_are_numbered(raw: Make) -> None:
    pieces = [raw(scale(1, 8), scale(1, 8), names=names) for names in (("a", "b"), ("c", "d"))]
    data = resolve(MusicData(), pieces)
    assert [t.name for t in data.tracks if isinstance(t, Track)] == ["track 1", "track 2"]


def test_other_pieces_give_one_track_for_each_common_family(raw: Make) -> None:
    pieces = [
        raw(scale(1, 8), scale(1, 4), programs=(1, 33)),
        raw(scale(1, 8), scale(1, 8), scale(1, 9), programs=(4, 33, 35)),
        raw(scale(1, 8), programs=(4,)),
        raw(scale(1, 8), scale(1, 8), scale(1, 8), scale(1, 8), programs=(0, 4, 1, 90)),
    ]
    data = resolve(MusicData(), pieces)
    # bass is in half of the pieces, the pad in a quarter; program 33 has most notes in its family
    found = [(t.name, t.program, t.programs) for t in data.tracks if isinstance(t, Track)]
    assert found == [("piano", 4, tuple(range(8))), ("bass", 33, tuple(range(32, 40)))]


def test_no_common_family_gives_one_track_of_everything(raw: Make) -> None:
    pieces = [
        raw(*[scale(1, 4)] * (number + 1), programs=[8 * number] * (number + 1))
        for number in range(5)
    ]
    data = resolve(MusicData(), pieces)
    assert [(t.name, t.programs, t.index) for t in data.tracks if isinstance(t, Track)] == [
        ("melody", None, None)
    ]


def test_monophonic_is_read_off_the_sounding_steps(raw: Make) -> None:
    # 100 steps of one note, then so many steps of two
    def one(chords: int) -> Any:
        return raw(
            [(0, 25, 60), *((25 + n, 25.25 + n, p) for n in range(chords) for p in (60, 64))]
        )

    assert _track(resolve(MusicData(), [one(2)])).monophonic is True
    assert _track(resolve(MusicData(), [one(3)])).monophonic is False


def test_notes_that_only_touch_do_not_overlap(raw: Make) -> None:
    assert _track(resolve(MusicData(), [raw(scale(1, 50))])).monophonic is True


def test_ranges_are_those_of_the_data_and_room_to_transpose(raw: Make) -> None:
    piece = raw([(0, 1, 50), (1, 2, 70)], [(0, 1, 35), (1, 2, 57)], drums=(1,))
    data = resolve(MusicData(transpose=5), [piece])
    assert [(t.low, t.high) for t in data.tracks if isinstance(t, Track)] == [(45, 75), (35, 57)]
    edge = resolve(MusicData(transpose=5), [raw([(0, 1, 2), (1, 2, 126)])])
    assert (_track(edge).low, _track(edge).high) == (0, 127)


def test_a_stray_note_far_away_does_not_widen_the_range(raw: Make) -> None:
    notes = scale(0.25, 3000)
    data = resolve(MusicData(transpose=0), [raw([*notes, (0, 1, 3), (1, 2, 127), (2, 3, 70)])])
    assert (_track(data).low, _track(data).high) == (60, 70)  # 70 is near enough to stay


def test_tempo_is_the_median(raw: Make) -> None:
    pieces = [raw(scale(1, 8), tempo=tempo) for tempo in (60, 90, 200)]
    assert resolve(MusicData(), pieces).tempo == 90


def test_given_values_stay(raw: Make) -> None:
    given = MusicData(
        tracks=(Track(name="all", low=10, high=90, monophonic=False),),
        meter="3/4",
        steps_per_beat=5,
        tempo=33.0,
        labels="folder",
        label_names=("b", "a"),
    )
    assert resolve(given, [raw(scale(1, 8))], ["x"]) == given


def test_one_given_end_of_a_range_stays(raw: Make) -> None:
    low = MusicData(transpose=0, tracks=(Track(name="all", low=100),))
    assert (_track(resolve(low, [raw(scale(1, 8))])).high) == 100
    high = MusicData(transpose=0, tracks=(Track(name="all", high=62),))
    assert _track(resolve(high, [raw(scale(1, 8))])).low == 60


def test_labels_are_sorted_and_resolving_twice_changes_nothing(raw: Make) -> None:
    pieces = [raw(scale(1, 8)), raw(scale(1, 9)), raw(scale(1, 9))]
    once = resolve(MusicData(labels="folder"), pieces, ["pop", None, "folk"])
    assert once.label_names == ("folk", "pop")
    assert resolve(once, pieces, ["pop", None, "folk"]) == once


def test_label_names_without_labels_are_refused(raw: Make) -> None:
    with pytest.raises(UserError, match=r"data\.label_names"):
        resolve(MusicData(label_names=("a",)), [raw(scale(1, 8))])


def test_a_track_that_selects_nothing_is_refused(raw: Make) -> None:
    data = MusicData(tracks=(Track(name="flute", pattern="flute"),))
    with pytest.raises(UserError, match="no file has a note for track 'flute'"):
        resolve(data, [raw(scale(1, 8))])


def _track(data: MusicData) -> Track:
    assert isinstance(data.tracks, tuple)
    return data.tracks[0]
