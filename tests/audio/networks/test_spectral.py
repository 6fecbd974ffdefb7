"""From levels and phases to sound, against sines and clicks whose spectra are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from omnigan_audio.networks.conditions import Given
from omnigan_audio.networks.spectral import SpectralGenerator
from omnigan_audio.networks.synthesis import levels_of, magnitudes, turning
from omnigan_audio.spectra import stft

Make = Callable[..., tuple[nn.Module, Callable[..., dict[str, Tensor]]]]


@given(st.integers(3, 60), st.sampled_from([16, 32, 64]), st.floats(0, 6.28))
def test_what_is_added_to_the_phases_of_a_sine_stays_the_same(
    frequency: int, hop: int, start: float
) -> None:
    times = torch.arange(4096, dtype=torch.float64)
    sine = torch.cos(2 * torch.pi * frequency / 128 * times + start).view(1, 1, -1)
    phases = stft(sine, 128, hop)[0].angle()
    rest = torch.polar(torch.ones_like(phases), phases - turning(phases, 128, hop))
    inner = rest[frequency, 8:-8]
    expected = torch.polar(torch.ones((), dtype=torch.float64), torch.tensor(start).double())
    torch.testing.assert_close(inner, expected.expand_as(inner), atol=1e-6, rtol=0)


@given(st.integers(0, 200))
def test_what_is_added_to_the_phases_of_a_click_stays_the_same(place: int) -> None:
    click = torch.zeros(1, 1, 1024, dtype=torch.float64)
    click[..., 300 + place] = 1
    spectrum = stft(click, 128, 32)[0]
    heard = [t for t in range(33) if abs(32 * t - 300 - place) < 50]
    rest = (spectrum * torch.polar(torch.ones(()).double(), -turning(spectrum.real, 128, 32)))[
        :, heard
    ]
    rest = rest / rest.abs()
    torch.testing.assert_close(rest, rest[:, :1].expand_as(rest))


@given(st.floats(0.001, 0.9), st.integers(64, 500))
def test_levels_and_magnitudes_are_each_others_inverse(loudness: float, length: int) -> None:
    x = (2 * torch.rand(1, 1, length) - 1) * loudness
    expected = stft(x, 64, 16).abs().clamp(min=32e-5)
    torch.testing.assert_close(magnitudes(levels_of(x, 64, 16), 64), expected, rtol=1e-3, atol=1e-5)


def _voiced(bins: list[int], deviation: float) -> SpectralGenerator:
    """A generator of 8,192 samples whose few loud bins turn faster than their centres."""
    network = SpectralGenerator(8192, window=256, hop=64, width=4, z=2, given=Given()).eval()
    last = network.ups[-1]
    nn.init.zeros_(last.weight)
    network.level.data.fill_(-30.0)
    network.level.data[bins] = -2.0

    def fixed(maps: Tensor) -> Tensor:
        made = torch.zeros(len(maps), 3, 128, 128)
        made[:, 1] = deviation
        made[:, 2] = -60.0  # no noise
        return made

    last.forward = fixed  # type: ignore[method-assign]
    return network


@given(st.integers(5, 120), st.floats(-0.4, 0.4))
@settings(max_examples=20)
def test_a_constant_deviation_is_a_sine_of_that_frequency(centre: int, deviation: float) -> None:
    network = _voiced([centre], deviation)
    sound = network(torch.zeros(1, 2), torch.zeros(1, 1, 8192))[0, 0, 256:-256].detach()
    spectrum = torch.fft.rfft(sound * torch.hann_window(len(sound)), 2**17).abs()
    measured = int(spectrum.argmax()) / 2**17
    # One turn of a frame is pi per hop: half a cycle in 64 samples.
    expected = centre / 256 + deviation / 2 / 64
    assert measured == pytest.approx(expected, abs=2e-4)


def test_the_noise_share_is_the_given_noise_at_the_given_level() -> None:
    network = SpectralGenerator(8192, window=256, hop=64, width=4, z=2, given=Given()).eval()
    nn.init.zeros_(network.ups[-1].weight)
    bias = torch.tensor([0.0, 0.0, 60.0]).view(1, 3, 1, 1)
    inner = network.ups[-1].forward
    network.ups[-1].forward = lambda maps: inner(maps) + bias  # type: ignore[method-assign]
    level = torch.tensor(0.005).logit()
    network.level.data.fill_(float(level))
    noise = torch.randn(2, 1, 8192)
    made = network(torch.zeros(2, 2), noise).detach()
    # Magnitudes of 0.005 * 128 in the mean square; half the sample rate itself stays silent.
    expected = noise * 0.005 * 128 / (256 * 3 / 8) ** 0.5
    for sound, given_noise in zip(made.split(1), expected.split(1), strict=True):
        heard, asked = (stft(x, 256, 64)[:, :120, 4:-4] for x in (sound, given_noise))
        torch.testing.assert_close(heard, asked, atol=1e-3, rtol=0)


@pytest.mark.parametrize("length", [4096, 4097, 4100, 4223])
@pytest.mark.parametrize("hop", [32, 64, 128])
def test_a_sound_ends_as_loud_as_it_is(length: int, hop: int) -> None:
    """Nor is it divided by the tail of a window that alone reaches its end."""
    rng = torch.Generator().manual_seed(0)
    network = SpectralGenerator(length, window=256, hop=hop, width=4, z=8, given=Given())
    network.level.data.fill_(float(torch.tensor(0.002).logit()))
    noise = torch.randn(64, 1, length, generator=rng)
    made = network(torch.randn(64, 8, generator=rng), noise).detach()
    whole = made.square().mean().sqrt()
    for end in (made[..., -4:], made[..., -32:], made[..., :32]):
        assert 0.3 * whole < end.square().mean().sqrt() < 3 * whole


@pytest.mark.parametrize(
    ("length", "window", "hop", "coarsest"),
    [
        (4096, 256, 64, (128, (8, 4))),
        (16_000, 512, 128, (128, (8, 8))),
        (44_100, 2048, 512, (128, (8, 6))),
        (256, 256, 64, (128, (8, 4))),
    ],
)
def test_the_coarsest_maps_are_small(
    length: int, window: int, hop: int, coarsest: tuple[int, tuple[int, int]]
) -> None:
    network = SpectralGenerator(length, window=window, hop=hop, width=16, z=2, given=Given())
    assert (network.coarsest[0], network.coarsest[1:]) == coarsest


def test_twelve_semitones_and_neighbours_are_told_apart(generator: Make) -> None:
    network, inputs = generator("spectral", pitched=True, shaken=True)
    given = {name: value.expand(128, *value.shape[1:]) for name, value in inputs(1).items()}
    made = network.eval()(**given | {"pitch": torch.arange(128)}).flatten(1).detach()
    distances = torch.cdist(made, made) + 1e9 * torch.eye(128)
    assert distances.min() > 1e-3
