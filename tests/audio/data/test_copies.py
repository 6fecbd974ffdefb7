"""The same sound in other files never lies on both sides of the split."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan_audio.data import load_audio, tally
from omnigan_audio.data import report as reporting
from omnigan_audio.data.near_copies import nearly_equal, sketch

Make = Callable[..., Any]


@given(st.integers(0, 2**32), st.integers(300, 5000), st.floats(0.001, 1), st.booleans())
def test_distances_of_sketches_are_those_of_waveforms(
    seed: int, length: int, far: float, is_low: bool
) -> None:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=length) * rng.uniform(0, 1) ** np.linspace(0, 9, length)
    noise = rng.normal(size=length) + (np.arange(length) < length / 2) * 5 * is_low
    b = a + far * noise * np.linalg.norm(a) / np.linalg.norm(noise)
    true = np.linalg.norm(a / np.linalg.norm(a) - b / np.linalg.norm(b))
    found = np.linalg.norm(sketch(a.astype(np.float32)) - sketch((100 * b).astype(np.float32)))
    assert 0.6 * true - 1e-5 < found < 1.4 * true + 1e-5


def test_only_copies_are_near() -> None:
    rng = np.random.default_rng(0)
    waves = rng.normal(size=(600, 2000)).astype(np.float32)
    waves[100:200] = 0.3 * waves[:100] + 1e-3 * rng.normal(size=(100, 2000))
    waves[200:300] = waves[:100] + 0.1 * rng.normal(size=(100, 2000))
    groups = nearly_equal([sketch(wave) for wave in waves], 10)
    assert groups is not None
    assert groups.tolist() == [*range(100), *range(100), *range(200, 600)]
    one_kind = waves[0] + 1e-3 * rng.normal(size=(50, 2000)).astype(np.float32)
    assert nearly_equal([sketch(wave) for wave in one_kind], 10) is None


@pytest.mark.parametrize("cut", ["attack", "start", "random"])
def test_equal_files_stay_together(folder: Make, hit: Make, config: Make, cut: str) -> None:
    root = folder({f"{n}-{copy}.wav": hit(n) for n in range(12) for copy in "abc"})
    folder({f"{n}-stereo.wav": np.stack([hit(n)] * 2, axis=1) for n in range(12)})
    _, audio = load_audio(config(root, cut=cut, held_out=0.3))
    train, valid = (
        {audio.stored.facts.names[sound].split("-")[0] for sound in parts.sound}
        for parts in (audio.train, audio.valid)
    )
    assert len(train) + len(valid) == 12
    assert not train & valid
    report = audio.report()
    alike = None if cut == "random" else 0
    assert report["duplicates"] == {"equal": 36, "alike": alike, "left out": 0}
    summary = "\n".join(report["summary"])
    assert ("36 exact copies and 0 near copies of other sounds" in summary) == (cut != "random")
    assert ("36 exact copies of other sounds; nothing is" in summary) == (cut == "random")
    assert ("Near copies are not looked for where data.cut" in summary) == (cut == "random")


def test_where_so_many_are_alike_no_number_of_near_copies_is_told(
    folder: Make, hit: Make, config: Make
) -> None:
    root = folder({f"{n}.wav": (1 + n / 100) * hit(0) for n in range(13)}, subtype="FLOAT")
    report = load_audio(config(root, loudness="none"))[1].report()
    summary = "\n".join(report["summary"])
    assert report["duplicates"]["alike"] is None
    assert "near copies of" not in summary
    assert "So many sounds are alike" in summary


def test_among_too_many_sounds_near_copies_are_not_spoken_of(
    hits: Path, config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (reporting, tally):
        monkeypatch.setattr(module, "MOST_COMPARED", 9)
    summary = load_audio(config(hits))[1].report()["summary"]
    assert "Near copies are not looked for among more than 9 sounds." in summary


def test_near_copies_stay_together(folder: Make, hit: Make, config: Make) -> None:
    for name, scale, subtype in (("a", 1, "PCM_16"), ("b", 0.7, "PCM_24"), ("c", 0.5, "FLOAT")):
        root = folder({f"{n}-{name}.wav": scale * hit(n) for n in range(12)}, subtype=subtype)
    _, audio = load_audio(config(root))
    train, valid = (
        {audio.stored.facts.names[sound].split("-")[0] for sound in parts.sound}
        for parts in (audio.train, audio.valid)
    )
    assert len(train) + len(valid) == 12
    assert sum(audio.report()["duplicates"].values()) == 24


def test_silent_files_are_no_copies_worth_telling(folder: Make, hit: Make, config: Make) -> None:
    root = folder({f"{n}.wav": hit(n) for n in range(6)})
    folder({f"zero{n}.wav": np.zeros(1000) for n in range(5)})
    report = load_audio(config(root))[1].report()
    assert report["duplicates"] == {"equal": 0, "alike": 0, "left out": 0}
    assert report["sounds silent"] == 5
