"""Resampling keeps what it should and removes what it should, in one go or block by block."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from omnigan_audio.data import resample as module
from omnigan_audio.data.resample import resample, resample_blocks

USUAL = [(44100, 8000), (48000, 8000), (8000, 44100), (22050, 16000), (11025, 48000)]
ODD = [(44099, 8000), (16000, 7999), (96000, 4001)]  # without a common divisor
RATES = [*USUAL, *ODD, (384000, 44100), (8000, 8000), (1000, 4000)]


def sine(frequency: float, rate: int, seconds: float) -> Tensor:
    times = torch.arange(round(rate * seconds), dtype=torch.float64) / rate
    return torch.sin(2 * math.pi * frequency * times).float()


@pytest.mark.parametrize(("old", "new"), RATES)
@pytest.mark.parametrize("cuts", [(), (1,), (100, 101, 5000), tuple(range(0, 9000, 997))])
def test_blocks_give_what_the_whole_gives(old: int, new: int, cuts: tuple[int, ...]) -> None:
    x = torch.randn(9001, generator=torch.Generator().manual_seed(0))
    blocks = torch.tensor_split(x, cuts)
    joined = torch.cat(list(resample_blocks(blocks, old, new)))
    whole = resample(x, old, new)
    assert joined.shape == whole.shape
    assert abs(len(whole) - len(x) * new / old) < 2  # rates are rounded to a ratio
    torch.testing.assert_close(joined, whole, rtol=0, atol=1e-5)


@given(st.lists(st.integers(0, 3000), max_size=8), st.sampled_from(USUAL))
def test_blocks_of_any_size(sizes: list[int], rates: tuple[int, int]) -> None:
    x = torch.randn(sum(sizes), generator=torch.Generator().manual_seed(1))
    pieces = list(resample_blocks(x.split(sizes), *rates)) if sizes else []
    joined = torch.cat([torch.zeros(0), *pieces])
    torch.testing.assert_close(joined, resample(x, *rates), rtol=0, atol=1e-5)


def test_blocks_of_any_size_are_resampled_in_parts_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def spy(x: Tensor, old: int, new: int) -> Tensor:
        sizes.append(len(x))
        return resample(x, old, new)

    monkeypatch.setattr(module, "resample", spy)
    blocks = [torch.zeros(count) for count in (3, 0, 700_000, 2**18, 99_999, 2**18, 1)]
    assert sum(map(len, resample_blocks(blocks, 44100, 8000))) == math.ceil(1_324_291 * 80 / 441)
    assert len(sizes) == 6
    assert len(set(sizes[:-1])) == 1
    assert sizes[-1] <= sizes[0] < 2**18 + 5000


@pytest.mark.parametrize("total", [2**18 - 1, 2**18 + 2000, 2**19, 600_001])
def test_parts_of_long_waveforms_meet_without_a_seam(total: int) -> None:
    x = torch.randn(total, generator=torch.Generator().manual_seed(2))
    joined = torch.cat(list(resample_blocks([x[:5], x[5:]], 16000, 8000)))
    torch.testing.assert_close(joined, resample(x, 16000, 8000), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("old", "new"), [*USUAL, (384000, 44100)])
def test_a_tone_stays_what_it_is(old: int, new: int) -> None:
    x = resample(sine(1000, old, 0.5), old, new)
    wanted = sine(1000, new, 0.5)[: len(x)]
    inner = slice(len(x) // 5, -len(x) // 5)
    assert (x[inner] - wanted[inner]).abs().max() < 2e-3  # under -54 dB


@pytest.mark.parametrize(("old", "new"), ODD)
def test_odd_rates_keep_the_pitch_to_a_third_of_a_cent(old: int, new: int) -> None:
    x = resample(sine(1000, old, 1.0), old, new)
    spectrum = torch.fft.rfft(x * torch.hann_window(len(x)), 2**20).abs()
    frequency = float(spectrum.argmax()) * new / 2**20
    assert abs(1200 * math.log2(frequency / 1000)) < 0.35


def test_what_the_lower_rate_cannot_hold_is_gone() -> None:
    for frequency, most in ((4100, -20), (4400, -75), (10000, -75), (20000, -75)):
        x = resample(sine(frequency, 44100, 0.5), 44100, 8000)[800:-800]
        assert 20 * math.log10(float(x.abs().max())) < most
    for frequency in (50, 1000, 3300):  # and what it can hold stays as loud
        x = resample(sine(frequency, 44100, 0.5), 44100, 8000)[800:-800]
        assert float(x.square().mean().sqrt()) * math.sqrt(2) == pytest.approx(1, abs=0.01)


def test_batches_and_nothing() -> None:
    x = torch.randn(3, 2, 1000)
    both = resample(x, 48000, 16000)
    torch.testing.assert_close(both[1, 1], resample(x[1, 1], 48000, 16000))
    assert resample(torch.zeros(0), 44100, 8000).shape == (0,)
    assert list(resample_blocks([], 44100, 8000)) == []


def test_scipy_agrees() -> None:
    signal = pytest.importorskip("scipy.signal")
    rng = np.random.default_rng(0)
    low = np.cumsum(rng.normal(size=20000))
    low = signal.sosfiltfilt(signal.butter(4, [50, 2500], "band", fs=44100, output="sos"), low)
    theirs = signal.resample_poly(low, 80, 441)
    ours = resample(torch.tensor(low.copy()).float(), 44100, 8000).numpy()
    inner = slice(200, -200)
    assert np.abs(ours[inner] - theirs[inner]).max() < 0.01 * np.abs(low).max()
