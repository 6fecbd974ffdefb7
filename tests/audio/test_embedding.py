"""Pooled log-mel features."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from omnigan_audio.embedding import BANDS, FLOOR, WIDTH, mel_levels, pooled_log_mel


def sine(rate: int, hertz: float, amplitude: float = 1.0) -> Tensor:
    return amplitude * torch.sin(2 * torch.pi * hertz * torch.arange(rate) / rate)[None, None]


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 48_000])
def test_levels_are_those_of_a_full_scale_sine(rate: int) -> None:
    """At any rate the loudest band of a sine is near its level, and silence is the floor."""
    for hertz in (200, 1000, 3000):
        levels = mel_levels(sine(rate, hertz), rate)[0, :, 20:-20].mean(1)
        assert float(levels.max()) == pytest.approx(0, abs=0.8)
        tenth = mel_levels(sine(rate, hertz, 0.1), rate)[0, :, 20:-20].mean(1)
        assert float(levels.max() - tenth.max()) == pytest.approx(math.log(10), abs=0.01)
    assert bool((mel_levels(torch.zeros(1, 1, rate), rate) == FLOOR).all())


def test_features_have_one_place_each() -> None:
    """The first half silent, then a sine: only the last part, and the deviation, see it."""
    x = sine(8000, 500)
    x[..., :4200] = 0
    levels, deviation = pooled_log_mel(x, 8000)[0].split([4 * BANDS, BANDS])
    first, second, third, fourth = levels.split(BANDS)
    assert bool((torch.cat([first, second, third]) < FLOOR + 1e-4).all())
    assert int(fourth.argmax()) == int(deviation.argmax())
    assert float(fourth.max()) > FLOOR / 4
    assert float(deviation.max()) > 3


def test_attack_and_decay_are_told_apart() -> None:
    fading = sine(8000, 500) * torch.linspace(0, -8, 8000).exp()
    there, back = pooled_log_mel(fading, 8000), pooled_log_mel(fading.flip(2), 8000)
    same = slice(4 * BANDS, WIDTH)
    torch.testing.assert_close(there[:, same], back[:, same], atol=0.2, rtol=0)
    assert float((there - back).abs().max()) > 4


@settings(max_examples=20)
@given(st.integers(1, 3), st.integers(1, 5000), st.sampled_from([8000, 44_100]))
def test_any_length(n: int, length: int, rate: int) -> None:
    x = torch.rand(n, 1, length, generator=torch.Generator().manual_seed(0)) * 2 - 1
    features = pooled_log_mel(x, rate)
    assert features.shape == (n, WIDTH)
    assert features.dtype == torch.float32
    assert bool(features.isfinite().all())


def test_features_do_not_depend_on_the_batch() -> None:
    x = 0.1 * torch.randn(600, 1, 512, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(pooled_log_mel(x, 8000)[500:503], pooled_log_mel(x[500:503], 8000))
