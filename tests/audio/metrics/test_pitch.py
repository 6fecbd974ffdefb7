"""The fundamental frequency of tones that are made by formula."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from omnigan_audio.metrics.pitch import frequency_of, periodicity, pitch_accuracy, yin

RATES = (8000, 16_000, 44_100)
FREQUENCIES = torch.tensor([55.0, 61.7, 110.0, 196.0, 440.0, 987.8, 1318.5, 2000.0])


def tones(rate: int, weights: list[float], hertz: Tensor = FREQUENCIES) -> Tensor:
    """Return harmonic tones ``[B, 1, rate / 2]`` without any overtone above half the rate."""
    time, hertz = torch.arange(rate // 2) / rate, hertz.double()
    x = torch.zeros(len(hertz), len(time), dtype=torch.float64)
    for number, weight in enumerate(weights, 1):
        below = (number * hertz < rate / 2)[:, None]
        x += weight * below * torch.sin(2 * torch.pi * number * hertz[:, None] * time + number)
    return 0.3 * x.float()[:, None]


def cents(found: Tensor, hertz: Tensor = FREQUENCIES) -> Tensor:
    return 1200 * (found / hertz).log2().abs()


SINE = [1.0]
SAW = [1 / number for number in range(1, 40)]
CLARINET = [1.0, 0, 1 / 3, 0, 1 / 5, 0, 1 / 7]
WEAK_FUNDAMENTAL = [0.1, 1.0, 0.8, 0.5]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("weights", [SINE, SAW, CLARINET, WEAK_FUNDAMENTAL])
def test_tones_within_ten_cents(rate: int, weights: list[float]) -> None:
    assert float(cents(frequency_of(tones(rate, weights), rate)).max()) < 10


@pytest.mark.parametrize("seconds", [0.3, 0.1, 0.05])
def test_decaying_tones_within_ten_cents(seconds: float) -> None:
    fading = (-torch.arange(4000) / 8000 / seconds).exp()
    for weights in (SINE, SAW):
        assert float(cents(frequency_of(tones(8000, weights) * fading, 8000)).max()) < 10


def test_tones_in_noise_within_ten_cents() -> None:
    x = tones(8000, SAW)
    x += 0.03 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    assert float(cents(frequency_of(x, 8000)).max()) < 10


@settings(max_examples=20)
@given(st.floats(55, 2000), st.floats(0.01, 1), st.floats(-0.2, 0.2))
def test_any_frequency_level_and_offset(hertz: float, loudness: float, offset: float) -> None:
    wanted = torch.tensor([hertz])
    x = loudness * tones(8000, SAW[:8], wanted) + offset
    assert float(cents(frequency_of(x, 8000), wanted)) < 10


def test_the_difference_function_by_its_definition() -> None:
    """Against a loop over lags, at a rate that is not resampled."""
    x = torch.randn(1, 1, 6000, generator=torch.Generator().manual_seed(3))
    rate, longest = 32_000, int(32_000 / 27) + 1
    frame, span = x[0, 0].double() - x.double().mean(), 2 * longest
    d = torch.stack(
        [(frame[:span] - frame[lag : lag + span]).square().sum() for lag in range(longest + 1)]
    )
    normalised = d[1:] * torch.arange(1, longest + 1) / d[1:].cumsum(0)
    shortest = int(rate / 4200)
    found = yin(x, rate)
    expected = normalised[shortest - 1 : -1].min()
    assert float(found.aperiodicity[0, 0]) == pytest.approx(float(expected), rel=1e-6)


def test_noise_and_silence_have_no_pitch() -> None:
    rng = torch.Generator().manual_seed(0)
    x = torch.cat([0.1 * torch.randn(20, 1, 4096, generator=rng), torch.zeros(1, 1, 4096)])
    assert bool(frequency_of(x, 8000).isnan().all())
    assert periodicity(x, 8000)[:20].max() < 0.5
    assert bool(periodicity(x, 8000)[20].isnan())


def test_periodicity_of_a_tone_is_one() -> None:
    assert periodicity(tones(8000, SAW), 8000).min() > 0.97


def test_accuracy_counts_quarter_tones_and_octaves() -> None:
    """Of an A: in tune, 40 and 60 cents sharp, an octave up and down, and a drum."""
    ratios = [1, 2 ** (0.4 / 12), 2 ** (0.6 / 12), 2, 0.5]
    x = tones(8000, SAW[:5], torch.tensor([440.0 * ratio for ratio in ratios]))
    drum = torch.randn(1, 1, 4000, generator=torch.Generator().manual_seed(0))
    x = torch.cat([x, 0.1 * drum])
    assert pitch_accuracy(x, 8000, torch.full((6,), 69)) == pytest.approx(2 / 6)
    assert pitch_accuracy(x[:4], 8000, torch.tensor([69, 69, 70, 81])) == 1


def test_what_nobody_asked_for_is_not_counted() -> None:
    x = tones(8000, SAW[:5], torch.tensor([440.0, 660.0]))
    assert pitch_accuracy(x, 8000, torch.tensor([69, -1])) == 1
    assert math.isnan(pitch_accuracy(x, 8000, torch.tensor([-1, -1])))
    assert math.isnan(pitch_accuracy(x, 8000, torch.tensor([5, 127]))), "too low, too high"
