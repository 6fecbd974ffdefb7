"""Long sounds of an export become small and still sound the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from omnigan.exporting import sounds
from omnigan.exporting.sounds import SMALL, smaller

RATE = 48_000


def wave(path: Path, seconds: float, rate: int = RATE) -> Path:
    """Write a tone of another pitch in each ear."""
    time = np.arange(round(seconds * rate)) / rate
    ears = [0.3 * np.sin(2 * np.pi * pitch * time) for pitch in (220, 330)]
    soundfile.write(path, np.stack(ears, 1), rate, subtype="PCM_16")
    return path


def loudest(samples: np.ndarray, rate: int) -> list[float]:
    """Return the frequency of each channel."""
    spectrum = np.abs(np.fft.rfft(samples, axis=0))
    return [float(place) for place in spectrum.argmax(0) * rate / len(samples)]


def test_a_long_sound_becomes_a_small_one_that_sounds_the_same(tmp_path: Path) -> None:
    path = wave(tmp_path / "000.wav", 3)
    before = path.stat().st_size
    assert before > SMALL
    made = smaller(path)
    assert [each.name for each in tmp_path.iterdir()] == [made.name] == ["000.mp3"]
    assert made.stat().st_size < before / 8
    samples, rate = soundfile.read(made)
    assert (rate, samples.shape[1]) == (RATE, 2)
    assert len(samples) / rate == pytest.approx(3, abs=0.1)
    assert loudest(samples, rate) == pytest.approx([220, 330], abs=1)
    assert samples.std() == pytest.approx(0.3 / 2**0.5, rel=0.05)


def test_what_is_small_or_no_sound_stays(tmp_path: Path) -> None:
    short, other = wave(tmp_path / "000.wav", 0.5), tmp_path / "000.mid"
    other.write_bytes(bytes(2 * SMALL))
    for path in (short, other):
        before = path.read_bytes()
        assert smaller(path) == path
        assert path.read_bytes() == before


def test_a_rate_that_mp3_has_not_stays_wav(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "SMALL", 100)
    path = wave(tmp_path / "000.wav", 0.1, 1234)
    assert smaller(path) == path
    assert [each.name for each in tmp_path.iterdir()] == ["000.wav"]


def test_another_file_of_that_name_is_not_overwritten(tmp_path: Path) -> None:
    path, other = wave(tmp_path / "000.wav", 3), tmp_path / "000.mp3"
    other.write_bytes(b"the domain's own")
    assert smaller(path) == path
    assert path.exists()
    assert other.read_bytes() == b"the domain's own"
