"""The data section: lengths in samples and in seconds."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from omnigan_audio.data_config import AudioData, SoundFont


@pytest.mark.parametrize(
    ("length", "rate", "samples"),
    [
        (4096, 8000, 4096),
        ("0.5 s", 8000, 4000),
        ("500 ms", 16000, 8000),
        (" 1s ", 22050, 22050),
        ("12.5ms", 48000, 600),
    ],
)
def test_lengths(length: int | str, rate: int, samples: int) -> None:
    assert AudioData(length=length, rate=rate).samples == samples


@pytest.mark.parametrize(
    "length", ["", "0.5", "half a second", "-1 s", "1 m", "5 samples", 3, "1 ms"]
)
def test_lengths_that_are_none(length: int | str) -> None:
    with pytest.raises(ValidationError, match=r"length|samples"):
        AudioData(length=length)
    with pytest.raises(ValidationError):
        AudioData(length="1000 s", rate=48000)


def test_other_settings_that_make_no_sense() -> None:
    for settings in (
        {"rate": 3999},
        {"rate": 96001},
        {"cut": "end"},
        {"silence": 1},
        {"gain": (3, -3)},
        {"loudness": "loud"},
        {"soundfont": {"lowest": 60, "highest": 50}},
        {"soundfont": {"velocities": ()}},
    ):
        with pytest.raises(ValidationError):
            AudioData.model_validate(settings)
    assert SoundFont(lowest=60, highest=60).highest == 60
