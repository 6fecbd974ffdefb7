"""Spectrograms that other software has made, as what a vocoder is asked for."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from omnigan.errors import UserError
from omnigan_audio.vocoder import Mel
from omnigan_audio.wishes import spectrogram_wished

MEL = Mel(8000, 40)


def damaged(head: bytes, other: bytes) -> bytes:
    """Return the content of a file whose head says something else."""
    file = io.BytesIO()
    np.save(file, np.zeros((40, 9)))
    assert head in file.getvalue()
    return file.getvalue().replace(head, other)


def test_a_spectrogram_is_taken_as_it_is_and_a_sound_is_made_into_one(tmp_path: Path) -> None:
    wave = np.random.default_rng(0).uniform(-0.5, 0.5, 64 * 30)
    soundfile.write(tmp_path / "a.wav", wave, 8000, subtype="FLOAT")
    found = spectrogram_wished(str(tmp_path / "a.wav"), MEL)
    assert found.shape == (1, 40, 31)
    for number, held in enumerate((found, found[0], found.double()[0], found.half()[0])):
        np.save(tmp_path / f"{number}.npy", held.numpy())
        again = spectrogram_wished(str(tmp_path / f"{number}.npy"), MEL)
        assert again.dtype == torch.float32
        torch.testing.assert_close(again, found, rtol=0, atol=1e-2)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (np.zeros((30, 40)), r"it is \[30, 40\], not \[40 bands, frames\], .*256 .*64\. Turn it"),
        (np.zeros((2, 40, 30)), r"it is \[2, 40, 30\], not .* There are 6 to 75000 frames"),
        (np.zeros((40, 5)), r"it is \[40, 5\], not"),
        (np.full((40, 9), -80.0), r"go from -80 to -80\. They must be .* not decibels"),
        (np.full((40, 9), np.nan), r"go from nan"),
        (np.zeros((40, 9), complex), "no numbers that can be read"),
        (np.array(["a"]), "no numbers that can be read"),
        (np.full((40, 9), 1e300), r"go from 1e\+300"),
        (b"nothing", "no numbers that can be read"),
        (damaged(b"(40, 9)", b"((((((("), "no numbers that can be read"),
        (damaged(b"(40, 9), }          ", b"(40, 9000000000), }"), "no numbers that can be read"),
        (None, "no numbers that can be read.*No such file"),
    ],
)
def test_what_is_no_such_spectrogram_is_refused_with_what_is_wanted(
    tmp_path: Path, held: Any, said: str
) -> None:
    path = tmp_path / "mel.npy"
    if isinstance(held, bytes):
        path.write_bytes(held)
    elif held is not None:
        np.save(path, held)
    with pytest.raises(UserError, match=said):
        spectrogram_wished(str(path), MEL)
