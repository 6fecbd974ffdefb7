"""The spectrum of a pitch's harmonics, against sines added up sample by sample."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import pad

from omnigan_audio.metrics.pitch import pitch_accuracy
from omnigan_audio.networks.conditions import Given
from omnigan_audio.networks.harmonics import comb, harmonics
from omnigan_audio.networks.spectral import SpectralGenerator
from omnigan_audio.networks.spectrum_critics import LevelCritic
from omnigan_audio.spectra import istft

RATE, LENGTH = 8000, 4096
Make = Callable[..., tuple[nn.Module, Callable[..., dict[str, Tensor]]]]


def _sound(pitch: Tensor, window: int) -> Tensor:
    """Return what the harmonics' spectrum sounds like, ``[B, 1, LENGTH]``."""
    size = window // 2, 2 * LENGTH // window + 1
    parts = harmonics(pitch, RATE, window, window // 2, size)
    real, imaginary = (pad(part, (0, 0, 0, 1)) * window / 4 for part in parts)
    return istft(torch.complex(real, imaginary), window, window // 2, LENGTH)


def _sines(pitch: int) -> Tensor:
    """Return cosines with the frequencies of a note's harmonics, ``[K, LENGTH]``."""
    note = 440 * 2 ** ((pitch - 69) / 12)
    times = torch.arange(LENGTH, dtype=torch.float64) / RATE
    number = torch.arange(1, int(RATE / 2 / note) + 1)
    return torch.polar(torch.ones(()).double(), 2 * pi * note * number[:, None] * times)


@given(st.integers(36, 100), st.sampled_from([256, 512]))
@settings(max_examples=12)
def test_every_harmonic_is_a_sine_as_loud_as_one_and_nothing_sounds_between(
    pitch: int, window: int
) -> None:
    sound = _sound(torch.tensor([pitch]), window)[0, 0, 512:-512].double()
    waves = _sines(pitch)[:, 512:-512]
    basis = torch.cat([waves.real, waves.imag])
    weights = torch.linalg.lstsq(basis.mT, sound[:, None]).solution[:, 0]
    loudness = torch.complex(*weights.chunk(2)).abs()
    inner = loudness[: max(1, int(0.9 * len(loudness)))]  # the last may lie beside the last bin
    torch.testing.assert_close(inner, torch.ones_like(inner), atol=0.15, rtol=0)
    rest = sound - weights @ basis
    assert rest.square().mean() < 0.02 * sound.square().mean()


def test_harmonics_do_not_add_up_to_pulses_and_have_the_pitch() -> None:
    pitch = torch.arange(36, 85, 4)
    sound = _sound(pitch, 256)
    assert pitch_accuracy(sound, RATE, pitch) == 1.0
    crest = sound.abs().amax(2) / sound.square().mean(2).sqrt()
    assert crest.max() < 4  # a pulse in each period of the lowest has 11


def test_without_a_pitch_there_are_none() -> None:
    real, imaginary = harmonics(torch.tensor([-1, 60]), RATE, 256, 128, (128, 32))
    assert not real[0].any()
    assert not imaginary[0].any()
    assert real[1].any()
    assert not comb(torch.tensor([-1]), RATE, 256, 129).any()


def test_the_comb_is_one_at_a_harmonic_and_zero_between() -> None:
    # In windows of 256 samples at 14,080 Hz, the harmonics of A4 are at every eighth bin.
    near = comb(torch.tensor([69]), 14_080, 256, 100)[0]
    expected = torch.zeros(100)
    expected[8::8] = 1
    expected[7::8] = expected[9::8] = 0.5
    torch.testing.assert_close(near, expected, atol=1e-5, rtol=0)


def _told(length: int = LENGTH) -> SpectralGenerator:
    given = Given(pitched=True)
    network = SpectralGenerator(
        length, window=256, hop=128, width=4, z=4, given=given, rate=RATE
    ).eval()
    last = network.ups[-1]

    def tones(maps: Tensor) -> Tensor:
        made = torch.zeros(len(maps), 3, 128, 32)
        made[:, 2] = -60.0  # no noise
        return made

    last.forward = tones  # type: ignore[method-assign]
    return network


def test_a_generator_that_is_told_harmonics_has_the_pitch_before_it_learns() -> None:
    pitch = torch.arange(40, 80, 5)
    made = _told()(torch.randn(8, 4), torch.randn(8, 1, LENGTH), pitch=pitch).detach()
    assert pitch_accuracy(made, RATE, pitch) == 1.0


def test_sounds_without_pitch_are_made_as_by_a_generator_without_harmonics() -> None:
    told = _told()
    z, noise, none = torch.randn(2, 4), torch.randn(2, 1, LENGTH), torch.tensor([-1, -1])
    made = told(z, noise, pitch=none)
    told.rate = None
    torch.testing.assert_close(made, told(z, noise, pitch=none))


@pytest.mark.parametrize("bands", [0, 40])
def test_a_critic_sees_the_harmonics_beside_the_levels_that_belong_to_them(bands: int) -> None:
    critic = LevelCritic(
        LENGTH, RATE, width=4, floor=-80, bands=bands, given=Given(pitched=True), harmonics=True
    )
    pitch = torch.tensor([60, 67])
    levels, shown = critic.look(0.1 * _sound(pitch, 256), pitch)[..., 10:-10].detach().unbind(1)
    fits = torch.einsum("aft,bft->ab", levels, shown - shown.mean((1, 2), keepdim=True))
    assert fits[0, 0] > fits[0, 1]
    assert fits[1, 1] > fits[1, 0]
    assert float(shown.min()) >= -1
    assert float(shown.max()) <= 1 + 1e-6
    assert shown.shape[1] == (bands or 129)


@pytest.mark.parametrize("critic", ["log-spectrogram", "log-mel"])
def test_pitches_matter_and_gradient_reaches_every_weight(
    critics: Callable[..., nn.Module], critic: str
) -> None:
    network = critics(critic, 600, 3, True, shaken=True, harmonics=True)
    given = {"label": torch.tensor([0, 1, 2]), "pitch": torch.tensor([40, 50, -1])}
    x = 0.3 * torch.randn(1, 1, 600).expand(3, -1, -1)
    (logits,) = network(x, **given)
    (other,) = network(x, **given | {"pitch": torch.tensor([41, 51, 60])})
    assert (logits != other).all()
    logits.square().sum().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.any(), name


def test_a_generator_told_harmonics_is_differentiable(generator: Make) -> None:
    network, inputs = generator("spectral", labels=2, pitched=True, shaken=True, harmonics=True)
    network(**inputs(3)).square().sum().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
