"""Which instrument goes to which track."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from omnigan_music.config import MusicData, Track
from omnigan_music.tracks import assign, gathered

Make = Callable[..., Any]
NOTE = [(0.0, 1.0, 60)]


@pytest.fixture
def band(raw: Make) -> Any:
    """Return a piece of piano, an empty part, two basses and drums."""
    return raw(
        NOTE, [], NOTE, NOTE, NOTE,
        names=("Grand Piano", "nothing", "Slap BASS", "bass", "bass drum"),
        programs=(0, 5, 36, 33, 0),
        drums=(4,),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("track", "chosen"),
    [
        (Track(name="x"), [0, 1, 2, 3]),
        (Track(name="x", drums=True), [4]),
        (Track(name="x", drums=True, pattern="snare"), []),
        (Track(name="x", index=1), [2]),  # empty parts are not counted
        (Track(name="x", programs=(33, 36)), [2, 3]),
        (Track(name="x", pattern="^bass"), [3]),
        (Track(name="x", pattern="bass"), [2, 3]),  # never drums
        (Track(name="x", pattern="bass", programs=(36,)), [2]),  # both must hold
    ],
)
def test_selection(band: Any, track: Track, chosen: list[int]) -> None:
    assert [n for n, taken in enumerate(assign([track], band)) if taken == 0] == chosen


def test_the_first_track_that_selects_an_instrument_has_it(band: Any) -> None:
    tracks = [Track(name="slap", pattern="slap"), Track(name="rest"), Track(name="d", drums=True)]
    assert assign(tracks, band) == [1, 1, 0, 1, 2]


def test_notes_of_instruments_that_no_track_takes_are_counted(band: Any) -> None:
    times, values, left = gathered([Track(name="bass", pattern="bass")], band)
    assert times.tolist() == [[0, 1], [0, 1]]
    assert values.tolist() == [[0, 60], [0, 60]]
    assert left == 2


def test_names_that_several_tracks_have_are_told_in_short() -> None:
    tracks = [{"name": f"track {number % 60}"} for number in range(200)]
    with pytest.raises(ValidationError) as caught:
        MusicData.model_validate({"tracks": tracks})
    [error] = [each for each in caught.value.errors() if "different names" in each["msg"]]
    assert error["msg"].endswith("and not twice 'track 0', 'track 1' or 'track 10'")
