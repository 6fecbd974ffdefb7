"""Vocoder measures against auraloss and torchmetrics, and by hand."""

from __future__ import annotations

import auraloss
import pytest
import torch
import torchaudio
from torch import Tensor
from torchmetrics.functional.audio import scale_invariant_signal_distortion_ratio

from omnigan_audio.metrics.paired import (
    mel_error,
    resolutions,
    si_sdr,
    spectral_convergence,
    stft_error,
)

RATE = 16_000


@pytest.fixture
def pair() -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(0)
    time = torch.arange(RATE // 2) / RATE
    real = torch.stack([torch.sin(2 * torch.pi * hertz * time) for hertz in (220, 450, 1200)])
    real = (0.4 * real * (-3 * time).exp())[:, None]
    noise = torch.tensor([0.001, 0.01, 0.1])[:, None, None]
    return 0.9 * real + noise * torch.randn(real.shape, generator=rng), real


def test_stft_error_like_auraloss(pair: tuple[Tensor, Tensor]) -> None:
    x, y = pair
    windows, hops = zip(*resolutions(RATE), strict=True)
    theirs = auraloss.freq.MultiResolutionSTFTLoss(list(windows), list(hops), list(windows))
    expected = torch.stack([theirs(x[i : i + 1], y[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(stft_error(x, y, RATE), expected, rtol=1e-4, atol=1e-5)


def test_spectral_convergence_like_auraloss(pair: tuple[Tensor, Tensor]) -> None:
    theirs = auraloss.freq.STFTLoss(512, 128, 512, w_sc=1.0, w_log_mag=0.0)
    x, y = pair
    expected = torch.stack([theirs(x[i : i + 1], y[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(spectral_convergence(x, y, RATE), expected, rtol=1e-4, atol=1e-5)


def test_si_sdr_like_torchmetrics_and_auraloss(pair: tuple[Tensor, Tensor]) -> None:
    x, y = pair[0] + 0.01, pair[1] - 0.02
    found = si_sdr(x, y)
    expected = scale_invariant_signal_distortion_ratio(x, y, zero_mean=True).squeeze(1)
    torch.testing.assert_close(found.float(), expected, rtol=1e-3, atol=1e-3)
    other = -auraloss.time.SISDRLoss(zero_mean=True)(x, y)
    assert float(found.mean()) == pytest.approx(float(other), abs=1e-2)


def test_si_sdr_of_a_known_disturbance() -> None:
    """A sine of another frequency at a tenth of the amplitude is 20 dB down, at any scale."""
    time = torch.arange(RATE) / RATE
    real = torch.sin(2 * torch.pi * 100 * time)[None, None]
    other = torch.sin(2 * torch.pi * 300 * time)[None, None]
    for scale in (1.0, 0.01, -5.0):
        assert float(si_sdr(scale * (real + 0.1 * other), real)) == pytest.approx(20, abs=1e-3)


def test_mel_error_like_torchaudio(pair: tuple[Tensor, Tensor]) -> None:
    x, y = pair
    errors = []
    for (window, hop), bands in zip(resolutions(RATE), (20, 40, 80), strict=True):
        mel = torchaudio.transforms.MelSpectrogram(
            RATE, window, hop_length=hop, n_mels=bands, power=1.0, norm="slaney", mel_scale="slaney"
        )
        made, real = (mel(each.squeeze(1)).clamp(min=1e-5).log() for each in (x, y))
        errors.append((made - real).abs().mean((1, 2)))
    expected = torch.stack(errors).mean(0)
    torch.testing.assert_close(mel_error(x, y, RATE), expected, rtol=1e-3, atol=1e-4)


def test_a_change_of_level_by_hand(pair: tuple[Tensor, Tensor]) -> None:
    """Half the amplitude: convergence 1/2, logarithms off by ln 2 wherever nothing is clamped."""
    y = torch.randn(2, 1, 4096, generator=torch.Generator().manual_seed(0))
    ln2 = torch.log(torch.tensor(2.0)).expand(2)
    torch.testing.assert_close(spectral_convergence(y / 2, y, RATE), torch.full((2,), 0.5))
    torch.testing.assert_close(stft_error(y / 2, y, RATE), 0.5 + ln2, rtol=1e-3, atol=0)
    torch.testing.assert_close(mel_error(y / 2, y, RATE), ln2, rtol=1e-3, atol=0)


def test_silence_and_short_sounds_have_finite_errors() -> None:
    x, silence = 0.1 * torch.ones(1, 1, 90), torch.zeros(1, 1, 90)
    for measure in (stft_error, mel_error, spectral_convergence):
        assert bool(measure(x, silence, RATE).isfinite().all())
        assert float(measure(silence, silence, RATE)) == 0
    assert bool(si_sdr(x, silence).isfinite().all())
    assert bool(si_sdr(silence, x).isfinite().all())
