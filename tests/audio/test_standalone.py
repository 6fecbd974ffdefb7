"""What programs without this package write and read is what this package writes and reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from omnigan_audio import mel_file, sound_file
from omnigan_audio.networks.config import Generator
from omnigan_audio.render import render
from omnigan_audio.spectra import log_mel, sizes_for
from omnigan_audio.standalone import sounds_from_latents, sounds_from_mels
from omnigan_audio.vocoder import Mel


@pytest.mark.parametrize(("amplitude", "offset"), [(0.3, 0.0), (0.9, 0.4), (1.0, -0.01), (0, 0)])
def test_a_wav_has_the_samples_of_the_domain(
    amplitude: float, offset: float, tmp_path: Path
) -> None:
    x = (amplitude * (2 * torch.rand(1, 1, 999) - 1) + offset).clamp(-1, 1)
    render(x, 8000, tmp_path)
    show = sounds_from_latents(8000, Generator(), None).show
    path = sound_file.write(x[0].numpy(), show, tmp_path / "mine")
    mine, rate = soundfile.read(path, dtype="int16")
    own, _ = soundfile.read(tmp_path / "000.wav", dtype="int16")
    assert rate == 8000
    assert mine.shape == own.shape == (999,)
    assert np.abs(mine.astype(int) - own).max() <= 1


@pytest.mark.parametrize("rate", [4000, 8000, 16000, 44100])
def test_a_mel_spectrogram_is_that_of_the_domain(rate: int, tmp_path: Path) -> None:
    bands = 24 if rate == 4000 else 80 if rate > 8000 else 40
    window, hop = sizes_for(rate)
    samples = np.random.default_rng(0).integers(-9000, 9000, (9 * window + 5, 2), np.int16)
    samples[: 3 * window] //= 4000
    soundfile.write(tmp_path / "noise.wav", samples, rate)
    draw = sounds_from_mels(Mel(rate, bands), 8 * window).draws["mel"]
    found = mel_file.read(tmp_path / "noise.wav", draw.about)
    x = torch.from_numpy(samples.mean(1) / 32768).float()
    x = torch.nn.functional.pad(x, (0, -len(x) % hop))
    wanted = log_mel(x[None, None], rate, window, hop, bands)[0].numpy()
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 2e-3  # nearly silent bands differ in their last digits
    assert np.abs(found - wanted).mean() < 1e-5
    assert draw.example is not None
    assert draw.example.shape[1] == bands
    assert draw.example.shape[2] >= draw.about["least_frames"]


def test_a_file_that_does_not_suit_is_refused(tmp_path: Path) -> None:
    about = sounds_from_mels(Mel(8000, 40), 4096).draws["mel"].about
    soundfile.write(tmp_path / "fast.wav", np.zeros(9000), 16000)
    soundfile.write(tmp_path / "short.wav", np.zeros(100), 8000)
    with pytest.raises(SystemExit, match="8000 samples a second"):
        mel_file.read(tmp_path / "fast.wav", about)
    with pytest.raises(SystemExit, match="at least 512 samples"):
        mel_file.read(tmp_path / "short.wav", about)
    whole = (tmp_path / "short.wav").read_bytes()
    too_long = whole[:17] + b"\1" + whole[18:]  # the size of the chunk of the format
    for content in (b"", b"no sound", whole[:20], whole.replace(b"\1\0", b"\3\0", 1), too_long):
        (tmp_path / "odd.wav").write_bytes(content)
        with pytest.raises(SystemExit, match=r"odd.wav must be a WAV file of 16 bits"):
            mel_file.read(tmp_path / "odd.wav", about)
