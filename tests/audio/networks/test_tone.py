"""A vocoder's tone has the pitch of the sound whose spectrogram it is given."""

from __future__ import annotations

from math import pi

import pytest
import torch
from torch import Tensor

from omnigan_audio.metrics.paired import spectral_convergence
from omnigan_audio.networks import build_vocoder
from omnigan_audio.networks.config import Generator
from omnigan_audio.networks.tone import TURN, Tone
from omnigan_audio.spectra import log_mel, sizes_for


def harmonic(pitch: Tensor, rate: int) -> Tensor:
    """Return a sound ``[1, 1, T]`` of so many Hz at each sample, its harmonics ever softer."""
    turns = (pitch.double() / rate).cumsum(0)
    numbers = torch.arange(1, int(rate / 2 / float(pitch.max())))
    sines = (2 * pi * numbers[:, None] * turns + numbers[:, None]).sin() / numbers[:, None]
    return 0.2 * sines.sum(0).float().view(1, 1, -1)


def tone_and_mel(sound: Tensor, rate: int, bands: int) -> tuple[Tone, Tensor]:
    window, hop = sizes_for(rate)
    return Tone(rate, window, bands), log_mel(sound, rate, window, hop, bands)


@pytest.mark.parametrize(("rate", "bands"), [(8000, 40), (16000, 80), (44100, 128)])
@pytest.mark.parametrize("pitch", [98.0, 220.0, 523.25])
def test_the_pitch_of_a_tone_is_found(rate: int, bands: int, pitch: float) -> None:
    sound = harmonic(torch.full((rate // 2,), pitch), rate)
    sound += 0.003 * torch.randn(sound.shape, generator=torch.Generator().manual_seed(0))
    tone, mel = tone_and_mel(sound, rate, bands)
    found, sure = (each[0, 4:-4] for each in tone.pitch(mel))
    semitones = 12 * (found * rate / TURN / pitch).log2()
    assert semitones.abs().max() < 0.25
    assert sure.min() > 0.8


def test_noise_and_silence_have_no_pitch() -> None:
    noise = 0.1 * torch.randn(1, 1, 16000, generator=torch.Generator().manual_seed(0))
    for sound in (noise, torch.zeros(1, 1, 16000)):
        tone, mel = tone_and_mel(sound, 16000, 80)
        assert tone.pitch(mel)[1].mean() < 0.2


@pytest.mark.parametrize(("first", "last"), [(123.0, 123.0), (400.0, 250.0)])
def test_pulses_are_the_sum_of_all_harmonics(first: float, last: float) -> None:
    """Also those of a glide, and a minute later, when rounding errors would have added up."""
    tone = Tone(16000, 512, 80)
    late = 60 * 16000 // 128
    hertz = torch.cat([torch.full((late,), first), torch.linspace(first, last, 9)])
    speed = (hertz.double() * TURN / 16000).round()
    place = torch.arange((len(speed) - 1) * 128).double() / 128
    pitch = torch.lerp(speed[place.long()], speed[place.long() + 1], place.frac()) / TURN
    turns = pitch.cumsum(0)[-1024:]
    count = (0.5 / pitch[-1024:]).floor()
    wanted = torch.stack(
        [
            (2 * pi * torch.arange(1, int(n) + 1).double() * turn).cos().sum() / n.sqrt()
            for n, turn in zip(count, turns, strict=True)
        ]
    )
    found = tone._pulses(speed.long()[None])[0, -1024:]
    torch.testing.assert_close(found.double(), wanted, atol=1e-3, rtol=1e-3)


def test_phases_are_those_of_a_filter_without_delay() -> None:
    """The least phases of a resonance are its own: poles within the unit circle (Oppenheim)."""
    pole = 0.7 * torch.polar(torch.tensor(1.0), torch.tensor(0.9))
    z = torch.polar(torch.ones(129), -torch.arange(129) * pi / 128)
    response = 1 / ((1 - pole * z) * (1 - pole.conj() * z))
    found = Tone(8000, 256, 40).least_phase @ response.abs().log()
    torch.testing.assert_close(found, response.angle(), atol=1e-3, rtol=0)


def silent(mel: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
    """Leave all phases to the network."""
    return torch.zeros_like(level).to(torch.complex64), torch.ones_like(level)


def test_a_fresh_vocoder_keeps_harmonics_in_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a gliding tone's spectrogram it makes one nearer to it than without its own tone."""
    torch.manual_seed(0)
    sound = harmonic(torch.linspace(180, 240, 8192), 16000)
    mel = log_mel(sound, 16000, 512, 128, 80)
    network = build_vocoder(16000, Generator.model_validate({"body": "istft", "width": 16})).eval()
    with torch.no_grad():
        with_tone = spectral_convergence(network(mel=mel), sound, 16000)
        monkeypatch.setattr(network.tone, "forward", silent)
        without = spectral_convergence(network(mel=mel), sound, 16000)
    assert with_tone < 0.7 * without
