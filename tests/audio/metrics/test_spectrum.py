"""Spectra of sines and of noise, and the library's own centroid."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from omnigan_audio.metrics.spectrum import centroid, flatness, mean_power, rolloff

RATE = 16_000
TIME = torch.arange(2 * RATE) / RATE


def noise(n: int, seconds: float = 2.0) -> Tensor:
    rng = torch.Generator().manual_seed(0)
    return 0.1 * torch.randn(n, 1, int(seconds * RATE), generator=rng)


def sines(*hertz: float) -> Tensor:
    return torch.stack([torch.sin(2 * torch.pi * each * TIME) for each in hertz])[:, None]


def test_a_sine_is_where_it_is() -> None:
    power = mean_power(sines(500, 3000), RATE)
    assert centroid(power, RATE).tolist() == pytest.approx([500, 3000], rel=0.01)
    assert rolloff(power, RATE).tolist() == pytest.approx([500, 3000], abs=RATE / 512)
    assert bool((flatness(power) < 1e-3).all())


def test_two_sines_by_their_power() -> None:
    x = sines(1000) + 0.5 * sines(5000)
    assert float(centroid(mean_power(x, RATE), RATE)) == pytest.approx(1800, rel=0.01)


def test_white_noise_is_flat() -> None:
    power = mean_power(noise(8), RATE)
    assert centroid(power, RATE).mean().item() == pytest.approx(4000, rel=0.02)
    assert rolloff(power, RATE).mean().item() == pytest.approx(0.85 * 8000, rel=0.02)
    assert bool((flatness(power) > 0.97).all())


def test_loudness_and_silence() -> None:
    x = torch.cat([noise(1), 0.05 * noise(1), torch.zeros(1, 1, 2 * RATE)])
    power = mean_power(x, RATE)
    for found in (centroid(power, RATE), rolloff(power, RATE), flatness(power)):
        assert float(found[0]) == pytest.approx(float(found[1]), rel=1e-3)
        assert bool(found[2].isnan())


def test_centroid_like_scipy() -> None:
    """Welch's method with the same window and hop, on a sound that does not change."""
    signal = pytest.importorskip("scipy.signal")
    x = noise(1) + sines(700)
    hertz, power = signal.welch(
        x[0, 0].numpy(), RATE, "hann", 512, 384, detrend=False, scaling="spectrum"
    )
    power[1:-1] /= 2  # of one side
    expected = float((hertz * power).sum() / power.sum())
    assert float(centroid(mean_power(x, RATE), RATE)) == pytest.approx(expected, rel=0.01)
