"""Transforms against closed forms, scipy and torchaudio."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import signal
from torch.autograd import gradcheck, gradgradcheck

from omnigan.errors import UserError
from omnigan_audio.spectra import (
    check_bands,
    frames_of,
    istft,
    log_mel,
    mel_filters,
    sizes_for,
    stft,
)
from omnigan_audio.torchaudio_loading import torchaudio_module


def test_windows_and_hops_of_usual_rates() -> None:
    expected = {
        8_000: (256, 64),
        16_000: (512, 128),
        22_050: (1024, 256),
        24_000: (1024, 256),
        32_000: (1024, 256),
        44_100: (2048, 512),
        48_000: (2048, 512),
    }
    assert {rate: sizes_for(rate) for rate in expected} == expected


@given(st.integers(500, 400_000))
def test_a_window_lasts_32_to_64_milliseconds(rate: int) -> None:
    window, hop = sizes_for(rate)
    assert 0.032 <= window / rate < 0.064 + 2 / rate
    assert window == 4 * hop == 1 << window.bit_length() - 1


def test_the_transform_is_that_of_the_definition() -> None:
    x = torch.randn(2, 1, 50, dtype=torch.float64)
    spectrum = stft(x, 16, 4)
    assert spectrum.shape == (2, 9, 13)
    samples = x[1, 0].numpy()
    hann = [0.5 - 0.5 * math.cos(2 * math.pi * n / 16) for n in range(16)]
    for frame, frequency in [(0, 3), (5, 0), (7, 8), (12, 5)]:
        total = 0j
        for n in range(16):
            place = frame * 4 + n - 8
            place = -place if place < 0 else place  # reflected at the first sample
            place = 2 * 49 - place if place > 49 else place  # and at the last
            total += hann[n] * samples[place] * np.exp(-2j * np.pi * frequency * n / 16)
        assert complex(spectrum[1, frequency, frame]) == pytest.approx(total, abs=1e-12)


def test_the_transform_is_scipys() -> None:
    x = torch.randn(1, 1, 4096, dtype=torch.float64)
    window = signal.get_window("hann", 256)
    theirs = signal.ShortTimeFFT(window, 64, 8000, fft_mode="onesided")
    expected = theirs.stft(np.pad(x[0, 0].numpy(), 128, mode="reflect"))
    # Theirs takes the phase from a window's middle; their frame 2 is centred on our sample 0.
    ours = stft(x, 256, 64)[0].numpy() * (-1.0) ** np.arange(129)[:, None]
    start = int(-theirs.p_min) + 2
    np.testing.assert_allclose(ours, expected[:, start : start + 65], atol=1e-10)


@given(
    st.integers(3, 9),
    st.sampled_from([2, 4, 8]),
    st.integers(0, 3000),
    st.integers(1, 2),
)
def test_there_and_back_again(power: int, overlap: int, extra: int, batch: int) -> None:
    window = 1 << power
    hop, length = window // overlap, window // 2 + 1 + extra
    x = torch.randn(batch, 1, length, dtype=torch.float64)
    spectrum = stft(x, window, hop)
    assert spectrum.shape == (batch, window // 2 + 1, frames_of(length, hop))
    torch.testing.assert_close(istft(spectrum, window, hop, length), x)


def test_the_inverse_is_torchs_even_of_spectra_that_no_sound_has() -> None:
    spectrum = torch.randn(2, 129, 20, dtype=torch.complex128)
    hann = torch.hann_window(256, dtype=torch.float64)
    expected = torch.istft(spectrum, 256, 64, window=hann, length=19 * 64)
    torch.testing.assert_close(istft(spectrum, 256, 64, 19 * 64).squeeze(1), expected)


def test_the_inverse_may_end_half_a_window_behind_the_last_frame() -> None:
    x = torch.randn(1, 1, 640, dtype=torch.float64)
    spectrum = stft(x, 64, 16)[..., :20]  # the last frame is centred on sample 304
    torch.testing.assert_close(istft(spectrum, 64, 16, 304 + 31), x[..., :335])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_full(dtype: torch.dtype) -> None:
    x = torch.randn(1, 1, 600).to(dtype)
    full = x.float()
    torch.testing.assert_close(stft(x, 64, 16), stft(full, 64, 16), rtol=0, atol=0)
    with torch.autocast("cpu", torch.bfloat16):
        mels = log_mel(x, 8000, 64, 16, 10)
    torch.testing.assert_close(mels, log_mel(full, 8000, 64, 16, 10), rtol=0, atol=0)


def test_both_directions_can_be_differentiated_twice() -> None:
    x = torch.randn(1, 1, 20, dtype=torch.float64, requires_grad=True)

    def through(x: torch.Tensor) -> torch.Tensor:
        spectrum = stft(x, 8, 2)
        return istft(spectrum * spectrum.abs().square(), 8, 2, 20)

    assert gradcheck(through, x)
    assert gradgradcheck(through, x)


def test_slopes_of_silence_are_finite() -> None:
    x = torch.zeros(1, 1, 512, requires_grad=True)
    (slope,) = torch.autograd.grad(log_mel(x, 8000, 64, 16, 8).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(slope.square().sum() + slope.sum(), x)
    assert slope.isfinite().all()
    assert second.isfinite().all()


@given(
    st.sampled_from([8000, 16_000, 22_050, 44_100]),
    st.sampled_from([40, 64, 80]),
    st.sampled_from([0.0, 30.0]),
    st.sampled_from([None, 3500.0]),
)
def test_mel_filters_are_torchaudios(rate: int, bands: int, low: float, high: float | None) -> None:
    window, hop = sizes_for(rate)
    assume(bands <= window // 4)
    transform = torchaudio_module().transforms.MelSpectrogram(
        rate,
        n_fft=window,
        hop_length=hop,
        f_min=low,
        f_max=high,
        n_mels=bands,
        power=1.0,
        norm="slaney",
        mel_scale="slaney",
    )
    x = torch.randn(1, 1, 3000)
    ours = mel_filters(rate, window, bands, low, high).mT @ stft(x, window, hop).abs()
    torch.testing.assert_close(ours, transform(x).squeeze(1), rtol=1e-3, atol=1e-5)
    if (low, high) == (0.0, None):
        expected = ours.clamp(min=1e-5).log()
        torch.testing.assert_close(log_mel(x, rate, window, hop, bands), expected)


def test_more_bands_than_a_window_tells_apart_are_a_mistake() -> None:
    with pytest.raises(UserError, match=r"200 mel bands .* windows of 256 .* 8000 Hz"):
        check_bands(8000, 256, 200)
    check_bands(8000, 256, 64)
    assert mel_filters(8000, 256, 200).shape == (129, 200)


def test_silence_is_at_the_floor_of_the_log_mel() -> None:
    silence = log_mel(torch.zeros(1, 1, 512), 8000, 256, 64, 20)
    torch.testing.assert_close(silence, torch.full((1, 20, 9), math.log(1e-5)))


def test_filters_first_made_in_inference_mode_can_be_trained_through() -> None:
    x = torch.randn(1, 1, 512)
    with torch.inference_mode():
        log_mel(x, 7919, 128, 32, 11)
    x.requires_grad_()
    log_mel(x, 7919, 128, 32, 11).sum().backward()
    assert x.grad is not None
