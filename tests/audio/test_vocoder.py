"""The losses and the conditions of a vocoder against values known beforehand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from omnigan.domain import Batch, Judgement, Judgements
from omnigan_audio.spectra import log_mel
from omnigan_audio.vocoder import Mel, MelSource, feature_gap, mel_gap, vocoder_terms

RATE = 8000


def noise(seed: int, count: int = 2) -> Tensor:
    return 0.1 * torch.randn(count, 1, 4096, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_the_mel_gap_is_the_difference_of_levels(factor: float) -> None:
    x = noise(0)
    assert float(mel_gap(x, x, RATE)) == 0
    assert float(mel_gap(factor * x, x, RATE)) == pytest.approx(abs(math.log(factor)), rel=1e-4)


def test_the_mel_gap_cares_little_for_where_a_noise_has_its_phases() -> None:
    x = noise(0)
    assert mel_gap(x.roll(7, 2), x, RATE) < 0.35 * mel_gap(noise(1), x, RATE)


def test_the_mel_gap_has_a_slope_at_silence_and_at_short_sounds() -> None:
    for length in (40, 300):
        x = torch.zeros(2, 1, length, requires_grad=True)
        (slope,) = torch.autograd.grad(mel_gap(x, noise(0)[..., :length], RATE), x)
        assert slope.isfinite().all()


def judged(*features: Tensor) -> Judgement:
    return Judgement([torch.zeros(2)], list(features))


def test_the_feature_gap_is_a_mean_over_layers() -> None:
    made = judged(torch.full((2, 3), 2.0), torch.zeros(2, 5))
    real = judged(torch.full((2, 3), -1.0), torch.full((2, 5), 0.5))
    assert float(feature_gap(Judgements(made, real))) == pytest.approx((3 + 0.5) / 2)
    assert float(feature_gap(Judgements(judged(), None))) == 0


def test_features_of_real_sounds_are_not_moved() -> None:
    made, real = (torch.ones(2, 3, requires_grad=True) for _ in range(2))
    terms = vocoder_terms(
        noise(0), Batch(noise(1)), Judgements(judged(2 * made), judged(real)), RATE
    )
    assert terms.keys() == {"mel", "stft", "features"}
    slopes = torch.autograd.grad(terms["features"], [made, real], allow_unused=True)
    assert slopes[0] is not None
    assert slopes[1] is None


def test_the_stft_term_is_the_share_that_lacks_and_the_difference_of_levels() -> None:
    x, nobody = noise(0), Judgements(judged(), None)
    assert float(vocoder_terms(x, Batch(x), nobody, RATE)["stft"]) == 0
    half = vocoder_terms(0.5 * x, Batch(x), nobody, RATE)["stft"]
    assert float(half) == pytest.approx(0.5 + math.log(2), rel=0.01)
    silent = torch.zeros(2, 1, 300, requires_grad=True)
    term = vocoder_terms(silent, Batch(x[..., :300]), nobody, RATE)["stft"]
    (slope,) = torch.autograd.grad(term, silent)
    assert slope.isfinite().all()


class Waves:
    """Two sounds."""

    def __init__(self) -> None:
        self.x = noise(3)

    def __len__(self) -> int:
        return len(self.x)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        return Batch(self.x[index])

    def read_batch(self, indices: list[int], rng: torch.Generator) -> Batch:
        return Batch(self.x[indices])

    def resident(self, device: torch.device) -> Waves:
        return self


def test_every_sound_brings_its_own_spectrogram() -> None:
    source, rng = MelSource(Waves(), Mel(RATE, 40)), torch.Generator()
    batch = source.resident(torch.device("cpu")).read_batch([1, 0], rng)
    assert batch.cond["mel"].shape == (2, 40, 4096 // 64 + 1)
    torch.testing.assert_close(batch.cond["mel"], log_mel(batch.x, RATE, 256, 64, 40))
    one = source.read(1, rng)
    torch.testing.assert_close(one.cond["mel"], batch.cond["mel"][0])
    assert len(source) == 2
