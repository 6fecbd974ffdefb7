"""One-shots of a NumPy file as a folder that the benchmark of sounds trains on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")


def test_one_shots_are_unpacked_into_folders_by_kind(tmp_path: Path) -> None:
    from oneshots import unpack

    x = np.zeros((3, 400), np.int16)
    x[0, :300], x[1, 50:120], x[2, 7] = 1000, -32768, 3
    found = unpack(x, ["bd_low", "sn_a_b", "bd_high"], 16_000, tmp_path)
    assert dict(found) == {"bd": 2, "sn": 1}
    for name, number, length in (
        ("bd/bd_low", 0, 300),
        ("sn/sn_a_b", 1, 120),
        ("bd/bd_high", 2, 8),
    ):
        wave, rate = soundfile.read(tmp_path / f"{name}.wav", dtype="int16")
        assert rate == 16_000
        assert wave.tolist() == x[number, :length].tolist()
