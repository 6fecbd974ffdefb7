"""A user's own files are read like those of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from omnigan.errors import UserError
from omnigan_audio.data import load_audio, read_file

Make = Callable[..., Any]


@pytest.mark.parametrize("cut", ["attack", "start"])
@pytest.mark.parametrize("loudness", ["none", "peak", "rms"])
def test_files_are_read_like_examples(
    folder: Make, hit: Make, config: Make, cut: str, loudness: str
) -> None:
    root = folder({f"{n}.wav": 0.2 * hit(n, 9000, 400) for n in range(8)}, rate=22050)
    data, audio = load_audio(config(root, cut=cut, loudness=loudness))
    for split, parts in (("train", audio.train), ("valid", audio.valid)):
        source = audio.source(split)
        paths = [root / audio.stored.facts.names[sound] for sound in parts.sound]
        wanted = source.read_batch(range(len(source)), torch.Generator()).x
        x = torch.cat([read_file(path, data) for path in paths])
        torch.testing.assert_close(x, wanted, rtol=0, atol=1e-4)


def test_of_a_short_recording_the_loudest_part_is_taken(folder: Make, config: Make) -> None:
    wave = 0.01 * np.ones(1020)
    wave[300:812] = 0.5
    path = folder({"x.wav": wave}, subtype="FLOAT") / "x.wav"
    x = read_file(path, config(path, cut="random", loudness="none"))
    torch.testing.assert_close(x, torch.full((1, 1, 512), 0.5))
    x = read_file(path, config(path, cut="random"))
    torch.testing.assert_close(x, torch.full((1, 1, 512), 0.9))
    short = folder({"y.wav": wave[300:400]}, subtype="FLOAT") / "y.wav"
    x = read_file(short, config(short, cut="random", loudness="none"))
    assert float(x.sum()) == pytest.approx(50.0)


@pytest.mark.parametrize(("seconds", "parts"), [(0.1, 1), (0.13, 2), (0.5, 7), (2.0, 16)])
def test_of_a_long_recording_parts_are_spread_evenly(
    folder: Make, config: Make, seconds: float, parts: int
) -> None:
    wave = np.arange(round(8000 * seconds)) / 40_000
    path = folder({"x.wav": wave}, subtype="FLOAT") / "x.wav"
    x = read_file(path, config(path, cut="random", loudness="none"))
    assert x.shape == (parts, 1, 512)
    firsts = (x[:, 0, 0] * 40_000).round()
    if parts > 1:  # from the beginning to the end, as far apart as can be, and no part twice
        assert firsts[0] == 0
        assert firsts[-1] == len(wave) - 512
        gaps = firsts.diff()
        assert gaps.min() >= 512
        assert gaps.max() - gaps.min() <= 1
    torch.testing.assert_close(x[:, 0] - x[:, 0, :1], torch.arange(512) / 40_000 + 0 * x[:, 0])


def test_silence_stays_silent(folder: Make, config: Make) -> None:
    path = folder({"x.wav": np.zeros(1000)}) / "x.wav"
    for cut in ("attack", "start", "random"):
        assert not read_file(path, config(path, cut=cut)).any()


def test_what_cannot_be_read_is_named(folder: Make, config: Make, tmp_path: Path) -> None:
    path = folder({"x.wav": b"text"}) / "x.wav"
    with pytest.raises(UserError, match=r"x\.wav: it is no sound file .* Name sound files such as"):
        read_file(path, config(path))
