"""Mel spectrograms to waveforms of the right length and in the right place."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from omnigan.errors import UserError
from omnigan_audio.networks import build_vocoder
from omnigan_audio.networks.config import Generator
from omnigan_audio.networks.vocoder import MelLevels
from omnigan_audio.spectra import log_mel, mel_filters, sizes_for, stft


def options(body: str, bands: int, width: int) -> Generator:
    return Generator.model_validate({"body": body, "bands": bands, "width": width})


@pytest.mark.parametrize(("rate", "bands"), [(8000, 20), (16000, 80), (44100, 80)])
def test_levels_of_smooth_spectra_come_back_from_their_bands(rate: int, bands: int) -> None:
    """A spectrum that is a straight line within each band is told by the bands alone."""
    window, _ = sizes_for(rate)
    place = torch.linspace(0, 1, window // 2 + 1)
    magnitudes = torch.stack([0.5 + 0 * place, 1.5 - place, 0.2 + place], 1)  # [bins, frames]
    mel = (mel_filters(rate, window, bands).mT @ magnitudes).log()[None]
    found = MelLevels(rate, window, bands)(mel)[0].exp() * window / 2
    inner = slice(4, -window // 16)  # bands end there
    assert (found[inner, 0] / magnitudes[inner, 0] - 1).abs().max() < 1e-4
    assert (found[inner] / magnitudes[inner] - 1).abs().max() < 0.05


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_fresh_vocoder_already_has_the_spectrum_of_noise(rate: int) -> None:
    torch.manual_seed(0)
    window, hop = sizes_for(rate)
    noise = 0.1 * torch.randn(1, 1, 64 * hop)
    network = build_vocoder(rate, options("istft", 40, 16))
    made = network(mel=log_mel(noise, rate, window, hop, 40))
    power, wanted = (stft(x, window, hop).abs().square().mean((0, 2)) for x in (made, noise))
    share = (power / wanted)[4:-8]  # phases do not agree yet, so that some power cancels
    assert 0.1 < share.median() < 2


@pytest.mark.parametrize("body", ["snake", "istft"])
@given(st.sampled_from([4000, 8000, 22050, 44100]), st.integers(2, 30), st.sampled_from([8, 40]))
@settings(max_examples=10)
def test_frames_become_a_hop_of_samples_each(body: str, rate: int, frames: int, bands: int) -> None:
    network = build_vocoder(rate, options(body, bands, 8))
    hop = sizes_for(rate)[1]
    made = network(mel=torch.randn(2, bands, frames))
    assert (tuple(made.shape), made.dtype) == ((2, 1, (frames - 1) * hop), torch.float32)
    assert made.abs().max() <= 1


@pytest.mark.parametrize("body", ["snake", "istft"])
def test_a_frame_is_heard_at_its_centre(body: str) -> None:
    """A fresh network's levels already follow the spectrogram that it is asked for."""
    torch.manual_seed(0)
    mel = torch.full((1, 20, 21), -6.0)
    mel[..., 10] = 1
    heard = build_vocoder(8000, options(body, 20, 16))(mel=mel).square().squeeze().detach()
    centre = float((heard * torch.arange(20 * 64)).sum() / heard.sum())
    assert centre == pytest.approx(10 * 64, abs=16)  # a quarter of a hop


@pytest.mark.parametrize(("training", "share"), [(True, 0.2), (False, 0.1)])
def test_rounds_bring_any_sound_nearer_to_the_spectrogram(training: bool, share: float) -> None:
    rng = torch.Generator().manual_seed(0)
    wanted, other = 0.2 * torch.randn(2, 1, 4096, generator=rng), torch.rand(2, 1, 4096) - 0.5
    wanted *= torch.linspace(1, 0.01, 4096)
    levels = MelLevels(8000, 256, 40).train(training)
    mel = log_mel(wanted, 8000, 256, 64, 40)
    errors = [
        (log_mel(sound, 8000, 256, 64, 40) - mel).abs().mean()
        for sound in (other, levels.consistent(other, mel))
    ]
    assert errors[1] < share * errors[0]
    # a sound that is right already stays as it is
    torch.testing.assert_close(levels.consistent(wanted, mel), wanted, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("body", "rate"), [("snake", 3e-3), ("istft", 1e-2)])
def test_a_few_steps_bring_the_mel_closer(body: str, rate: float) -> None:
    times = torch.arange(2048) / 8000
    sound = (0.5 * torch.sin(2 * torch.pi * 440 * times) * torch.exp(-8 * times)).view(1, 1, -1)
    mel = log_mel(sound, 8000, 256, 64, 20)
    network = build_vocoder(8000, options(body, 20, 16))
    optimizer = torch.optim.Adam(network.parameters(), rate)
    errors = []
    for _ in range(50):
        loss = (log_mel(network(mel=mel), 8000, 256, 64, 20) - mel).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        errors.append(float(loss.detach()))
    # A fresh network already has the levels, so that little is left to learn in relation to it.
    assert errors[-1] < 0.7 * errors[0]
    assert errors[-1] < 0.3


@pytest.mark.parametrize("body", ["spectral", "wavegan"])
def test_other_bodies_are_a_mistake(body: str) -> None:
    with pytest.raises(UserError, match=rf"'{body}' cannot be a vocoder. Use 'istft'"):
        build_vocoder(8000, Generator.model_validate({"body": body}))
