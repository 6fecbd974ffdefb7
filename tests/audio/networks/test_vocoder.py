"""Mel spectrograms to waveforms of the right length and in the right place."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from omnigan.errors import UserError
from omnigan_audio.networks import build_vocoder
from omnigan_audio.networks.config import Generator
from omnigan_audio.spectra import log_mel


@pytest.mark.parametrize("body", ["snake", "istft"])
@given(st.sampled_from([16, 48, 64, 256]), st.integers(2, 30), st.sampled_from([8, 40]))
@settings(max_examples=10)
def test_frames_become_a_hop_of_samples_each(body: str, hop: int, frames: int, bands: int) -> None:
    network = build_vocoder(bands, hop, Generator.model_validate({"body": body, "width": 8}))
    made = network(mel=torch.randn(2, bands, frames))
    assert (tuple(made.shape), made.dtype) == ((2, 1, (frames - 1) * hop), torch.float32)
    assert made.abs().max() <= 1


@pytest.mark.parametrize("body", ["snake", "istft"])
def test_a_frame_is_heard_at_its_centre(body: str) -> None:
    centres = []
    for _ in range(6):  # random weights spread what is heard unevenly, but to no side
        network = build_vocoder(8, 64, Generator.model_validate({"body": body, "width": 64}))
        mel = torch.zeros(1, 8, 21)
        quiet = network(mel)
        mel[..., 10] = 3
        heard = (network(mel) - quiet).square().squeeze().detach()
        centres.append(float((heard * torch.arange(20 * 64)).sum() / heard.sum()))
    assert sum(centres) / len(centres) == pytest.approx(10 * 64, abs=16)  # a quarter of a hop


@pytest.mark.parametrize(("body", "rate"), [("snake", 3e-3), ("istft", 1e-2)])
def test_a_few_steps_bring_the_mel_closer(body: str, rate: float) -> None:
    times = torch.arange(2048) / 8000
    sound = (0.5 * torch.sin(2 * torch.pi * 440 * times) * torch.exp(-8 * times)).view(1, 1, -1)
    mel = log_mel(sound, 8000, 256, 64, 20)
    network = build_vocoder(20, 64, Generator.model_validate({"body": body, "width": 16}))
    optimizer = torch.optim.Adam(network.parameters(), rate)
    errors = []
    for _ in range(50):
        loss = (log_mel(network(mel=mel), 8000, 256, 64, 20) - mel).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        errors.append(float(loss.detach()))
    assert errors[-1] < 0.5 * errors[0]


@pytest.mark.parametrize("body", ["spectral", "wavegan"])
def test_other_bodies_are_a_mistake(body: str) -> None:
    with pytest.raises(UserError, match=rf"'{body}' cannot be a vocoder. Use 'istft'"):
        build_vocoder(80, 64, Generator.model_validate({"body": body}))
