"""Every format and subtype is read as what was written; what cannot be read says why."""

from __future__ import annotations

import math
import os
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from omnigan.errors import UserError
from omnigan_audio.data import read_wave
from omnigan_audio.data.decode import Unusable, open_sound

Make = Callable[..., Any]
EXACT, TAPE = 1e-6, 0.2
FORMATS = [  # ending, subtype, largest difference
    *(("wav", "PCM_U8", 1 / 128), ("wav", "PCM_16", 1 / 32768), ("wav", "PCM_24", EXACT)),
    *(("wav", "PCM_32", EXACT), ("wav", "FLOAT", EXACT), ("wav", "DOUBLE", EXACT)),
    *(("wav", "ULAW", 0.02), ("wav", "ALAW", 0.02), ("flac", "PCM_16", 1 / 32768)),
    *(("flac", "PCM_24", EXACT), ("aiff", "PCM_16", 1 / 32768), ("aiff", "PCM_24", EXACT)),
    *(("ogg", "VORBIS", TAPE), ("ogg", "OPUS", TAPE), ("mp3", "MPEG_LAYER_III", TAPE)),
    *(("w64", "PCM_16", 1 / 32768), ("caf", "PCM_24", EXACT), ("au", "PCM_16", 1 / 32768)),
    ("rf64", "PCM_16", 1 / 32768),
]


def chord(rate: int, seconds: float = 0.5) -> Any:
    times = np.arange(round(rate * seconds)) / rate
    return 0.3 * np.sin(2 * math.pi * 440 * times) + 0.3 * np.sin(2 * math.pi * 1500 * times)


@pytest.mark.parametrize(("ending", "subtype", "most"), FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
def test_round_trips(tmp_path: Path, ending: str, subtype: str, most: float, channels: int) -> None:
    wave = chord(48000)
    path = tmp_path / f"x.{ending}"
    both = np.stack([wave, 0.5 * wave], axis=1)[:, :channels]
    soundfile.write(path, both, 48000, subtype=subtype)
    read = read_wave(path, 48000, 10).numpy()
    wanted = both.mean(1)
    assert read.dtype == np.float32
    assert abs(len(read) - len(wanted)) <= (0 if most < TAPE else 2400)
    count = min(len(read), len(wanted)) - (2400 if most == TAPE else 0)  # codecs blur the end
    error = read[:count] - wanted[:count]
    assert np.abs(error).max() <= most
    assert np.mean(error**2) / np.mean(wanted**2) < (0.01 if most == TAPE else 1e-3)


def test_a_tone_at_44100_hz_in_24_bits_and_stereo_is_the_same_tone_at_8_khz(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    tone = 0.5 * np.sin(2 * math.pi * 440 * np.arange(44100) / 44100)
    soundfile.write(path, np.stack([tone, tone], axis=1), 44100, subtype="PCM_24")
    x = read_wave(path, 8000, 10)
    assert x.shape == (8000,)
    spectrum = torch.fft.rfft(x).abs()
    assert int(spectrum.argmax()) == 440  # bins of 1 Hz
    assert float(spectrum[440]) / 4000 == pytest.approx(0.5, rel=0.01)


def test_eight_channels_are_averaged(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    channels = np.random.default_rng(0).uniform(-1, 1, (500, 8))
    soundfile.write(path, channels, 8000, subtype="DOUBLE")
    np.testing.assert_allclose(read_wave(path, 8000, 10), channels.mean(1), atol=1e-6)


def test_only_the_beginning_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, chord(8000, 20), 8000)
    assert read_wave(path, 8000, 0.25).shape == (2000,)
    assert read_wave(path, 4000, 0.25).shape == (1000,)
    assert len(read_wave(path, 8000, 1000)) == 160_000


def test_the_head_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.flac"
    soundfile.write(path, np.zeros((4410, 3)), 44100, subtype="PCM_24")
    with open_sound(path) as opened:
        head = opened.head
    assert (head.rate, head.channels, head.kind, head.seconds) == (44100, 3, "FLAC PCM_24", 0.1)


def riff(rate: int, channels: int = 1, bits: int = 16, data: bytes = bytes(2000)) -> bytes:
    """Return a WAV file, written by hand."""
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels, rate, (rate * block) % 2**32, block, bits)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def cut_short(path: Path) -> bytes:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 40_000)
    soundfile.write(path, noise, 8000)
    content = path.read_bytes()
    return content[: len(content) // 2]


BAD = {
    "text.wav": (b"hello, this is text and no sound", "no sound file of a known kind"),
    "text.mp3": (b"hello, this is text " * 100, "no sound file of a known kind"),
    "empty.ogg": (b"", "it is empty"),
    "zeros.flac": (bytes(5000), "no sound file of a known kind"),
    "head.wav": (riff(8000)[:20], "no sound file of a known kind"),
    "slow.wav": (riff(1), "its rate is 1 Hz"),
    "slower.wav": (riff(999), "its rate is 999 Hz"),
    "fast.wav": (riff(2**31 - 1), "its rate is 2147483647 Hz"),
    "none.wav": (riff(8000, data=b""), "it has no samples"),
}


@pytest.mark.parametrize("name", BAD)
def test_files_that_are_no_sound_say_why(tmp_path: Path, name: str) -> None:
    content, reason = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=reason) as error:
        read_wave(path, 8000, 10)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("ending", ["flac", "mp3"])
def test_files_that_are_cut_short_are_found_out(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_bytes(cut_short(path))
    with pytest.raises(UserError, match=r"cut short|ends after \d+ of"):
        read_wave(path, 8000, 10)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_values_that_are_no_numbers_are_found_out(
    tmp_path: Path, value: float, subtype: str
) -> None:
    path = tmp_path / "x.wav"
    wave = np.zeros((3000, 2))
    wave[2500, 1] = value
    soundfile.write(path, wave, 8000, subtype=subtype)
    with pytest.raises(UserError, match="NaN or infinite"):
        read_wave(path, 8000, 10)


def test_384_khz_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, chord(384_000, 0.2), 384_000)
    x = read_wave(path, 48000, 10).numpy()
    np.testing.assert_allclose(x[1000:-1000], chord(48000, 0.2)[1000:-1000], atol=1e-3)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are valid text there")
def test_a_name_need_not_be_text(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, np.full(100, 0.25), 8000)
    odd = path.rename(tmp_path / os.fsdecode(b"caf\xe9.wav"))
    assert (read_wave(odd, 8000, 1) == 0.25).all()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.wav: it cannot be opened: No such file"):
        read_wave(tmp_path / "gone.wav", 8000, 1)
    with pytest.raises(UserError, match="it cannot be opened: Is a directory"):
        read_wave(tmp_path, 8000, 1)


@pytest.mark.parametrize("seed", range(20))
def test_damage_anywhere_is_an_error_of_ours_or_sound(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ending = ("wav", "flac", "ogg", "aiff")[seed % 4]
    path = tmp_path / f"x.{ending}"
    soundfile.write(path, rng.uniform(-0.5, 0.5, 3000), 8000)
    content = bytearray(path.read_bytes())
    for place in rng.integers(0, min(len(content), 400), 5):
        content[place] = rng.integers(0, 256)
    path.write_bytes(content)
    with suppress(Unusable), open_sound(path) as opened:
        for block in opened.blocks(100_000):
            assert bool(block.isfinite().all())
