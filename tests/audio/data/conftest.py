"""Sound files and a cache of the test's own, for the data side of the audio domain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from omnigan_audio.data_config import AudioData

Wave = NDArray[np.float64]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use a cache folder of the test's own."""
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _hit(seed: int, samples: int = 2000, before: int = 0) -> Wave:
    """Return noise ``[before + samples]`` that dies away, unlike that of any other seed."""
    rng = np.random.default_rng(seed)
    noise = rng.uniform(-0.5, 0.5, samples) * np.exp(-np.arange(samples) / (samples / 5))
    return np.concatenate([np.zeros(before), noise])


@pytest.fixture(scope="session")
def hit() -> Callable[..., Wave]:
    """Return noise that dies away, from a seed, a length and the length of silence before it."""
    return _hit


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes waveforms, or bytes, as files (name=content), and its path."""

    def write(files: dict[str, Any], rate: int = 8000, name: str = "sounds", **how: Any) -> Path:
        for file, content in files.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                soundfile.write(path, content, rate, **how)
        return tmp_path / name

    return write


@pytest.fixture
def hits(folder: Callable[..., Path]) -> Path:
    """Return a folder of 10 hits at 8 kHz in two folders, a and b."""
    return folder({f"{'ab'[n % 2]}/{n}.wav": _hit(n) for n in range(10)})


@pytest.fixture
def config() -> Callable[..., AudioData]:
    """Return the data section for a path and settings: short clips at 8 kHz."""

    def make(source: Path | str, **settings: Any) -> AudioData:
        return AudioData.model_validate({"source": str(source), "length": 512, **settings})

    return make
