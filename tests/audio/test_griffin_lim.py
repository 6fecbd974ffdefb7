"""The vocoder that needs no training, which benchmarks compare ours with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from omnigan_audio.metrics.paired import mel_error
from omnigan_audio.metrics.pitch import frequency_of
from omnigan_audio.spectra import log_mel, sizes_for

RATE, LENGTH = 8000, 4096


BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def griffin_lim(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Tensor]:
    monkeypatch.syspath_prepend(BENCHMARKS)
    import griffin_lim

    search: Callable[..., Tensor] = griffin_lim.griffin_lim
    return search


def test_a_tone_comes_back(griffin_lim: Callable[..., Tensor]) -> None:
    time = torch.arange(LENGTH) / RATE
    hertz = torch.tensor([220.0, 440.0])
    x = sum(torch.sin(2 * torch.pi * n * hertz[:, None] * time) / n for n in range(1, 6))
    x = 0.3 * x[:, None] * (-4 * time).exp()
    window, hop = sizes_for(RATE)
    mel = log_mel(x, RATE, window, hop, 64)
    state = torch.get_rng_state()
    made = griffin_lim(mel, RATE, window, hop, LENGTH)
    assert made.shape == x.shape
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(made, griffin_lim(mel, RATE, window, hop, LENGTH))
    noise = 0.1 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    assert float(mel_error(made, x, RATE).max()) < 0.3 * float(mel_error(noise, x, RATE).min())
    torch.testing.assert_close(frequency_of(made, RATE).float(), hertz, rtol=0.03, atol=0)
