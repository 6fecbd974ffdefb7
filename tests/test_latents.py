"""Latents have the moments of their distribution, and come from the generator alone."""

from __future__ import annotations

import pytest
import torch

from omnigan.latents import Latent, draw


@pytest.mark.parametrize(
    ("kind", "variance", "kurtosis"), [("normal", 1.0, 3.0), ("uniform", 1 / 3, 1.8)]
)
def test_moments(kind: Latent, variance: float, kurtosis: float) -> None:
    x = draw(kind, (400, 500), torch.Generator().manual_seed(0)).double()
    assert x.shape == (400, 500)
    assert float(x.mean()) == pytest.approx(0, abs=0.01)
    assert float(x.square().mean()) == pytest.approx(variance, rel=0.02)
    assert float(x.pow(4).mean() / x.square().mean() ** 2) == pytest.approx(kurtosis, rel=0.02)
    if kind == "uniform":
        assert -1 <= float(x.min()) < -0.999
        assert 0.999 < float(x.max()) <= 1


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_all_chance_comes_from_the_generator(kind: Latent) -> None:
    before = torch.get_rng_state()
    first, second, third = (
        draw(kind, (3, 4), torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, third)
    assert torch.equal(before, torch.get_rng_state())
