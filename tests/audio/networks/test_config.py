"""Which options belong together."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from omnigan_audio.config import AudioConfig
from omnigan_audio.networks.config import Discriminator, Generator


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            {"body": "wavegan", "window": 256},
            "has window, which is only for body: spectral or",
        ),
        ({"body": "snake", "hop": 64}, "has hop, which is only for body: spectral or istft"),
        ({"body": "spectral", "depth": 3}, "has depth, which is only for body: istft"),
        ({"body": "istft", "antialias": True}, "has antialias, which is only for body: snake"),
        ({"body": "istft", "harmonics": True}, "has harmonics, which is only for body: spectral"),
        ({"window": 300}, "a window of 300 samples; choose a power of two"),
        ({"hop": 64}, "has a hop; say which window"),
        ({"window": 256, "hop": 60}, "for a window of 256 choose 128, 64 or 32"),
        ({"body": "wavenet"}, "body"),
    ],
)
def test_mistakes_in_the_generator(options: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Generator.model_validate(options)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"critics": []}, "at least 1"),
        ({"critics": ["wavegan", "wavegan"]}, "names a critic twice"),
        ({"widths": {"wavegan": 8}}, "a width for wavegan, which is not among its critics"),
        ({"periods": [2, 3]}, "has periods, which is only for critics: multi-period"),
        ({"phase_shuffle": 0}, "has phase_shuffle, which is only for critics: wavegan"),
        ({"bands": 40}, "has bands, which is only for critics: log-mel"),
        (
            {"critics": ["wavegan"], "harmonics": True},
            "has harmonics, which is only for critics: log-spectrogram or log-mel",
        ),
        (
            {"critics": ["multi-period"], "floor": -50},
            "has floor, which is only for critics: log-spectrogram or log-mel",
        ),
    ],
)
def test_mistakes_in_the_discriminator(options: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Discriminator.model_validate(options)


@pytest.mark.parametrize("body", ["spectral", "istft", "snake", "wavegan"])
def test_a_resolved_generator_is_a_valid_section(body: str) -> None:
    section = Generator.model_validate({"body": body})
    assert Generator.model_validate(section.model_dump(mode="json")) == section


def test_a_resolved_discriminator_is_a_valid_section() -> None:
    section = Discriminator.model_validate(
        {"critics": ["wavegan", "log-mel"], "widths": {"wavegan": 64}, "bands": 40}
    )
    assert Discriminator.model_validate(section.model_dump(mode="json")) == section
    assert (section.channels("wavegan"), section.channels("log-mel")) == (64, 16)


def test_open_sizes_follow_the_rate_and_given_ones_do_not() -> None:
    assert Generator().sizes(8000) == (256, 64)
    assert Generator().sizes(44_100) == (2048, 512)
    assert Generator(window=512).sizes(8000) == (512, 128)
    assert Generator(window=512, hop=256).sizes(44_100) == (512, 256)


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_harmonics_need_pitches(network: str) -> None:
    told = {network: {"harmonics": True}}
    AudioConfig.model_validate(told | {"data": {"pitch": "auto"}})
    with pytest.raises(
        ValidationError, match=f"{network}.harmonics but no pitches; set data.pitch"
    ):
        AudioConfig.model_validate(told)


def test_vocoders_are_told_no_harmonics() -> None:
    vocoder = {"body": "istft", "vocoder": True}
    told = {"generator": vocoder, "discriminator": {"harmonics": True}, "data": {"pitch": "auto"}}
    with pytest.raises(ValidationError, match="vocoders are given no pitch"):
        AudioConfig.model_validate(told)
