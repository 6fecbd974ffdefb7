"""Latents have the moments of their distribution, and come from the generator alone."""

from __future__ import annotations

import pytest
import torch

from omnigan.latents import Latent, between, draw, slerp


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


def test_half_way_between_axes_is_the_diagonal() -> None:
    a, b = torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 3.0]])
    torch.testing.assert_close(slerp(a, b, 0.5), torch.tensor([[3.0, 3.0]]) / 2**0.5)
    torch.testing.assert_close(slerp(a, b, 1 / 3), torch.tensor([[3 * 0.75**0.5, 1.5]]))
    torch.testing.assert_close(between("uniform", a, b, 0.5), torch.tensor([[1.5, 1.5]]))


def test_the_way_between_normal_vectors_stays_as_far_out_as_they_are() -> None:
    rng = torch.Generator().manual_seed(0)
    a, b = draw("normal", (2, 200, 8, 16), rng)
    for share in (0.0, 0.25, 0.5, 1.0):
        x = slerp(a, b, share)
        assert x.shape == a.shape
        assert float(x.square().mean()) == pytest.approx(1, abs=0.03)
        assert float(torch.lerp(a, b, 0.5).square().mean()) == pytest.approx(0.5, abs=0.03)
    assert torch.equal(slerp(a, b, 0.0), a)
    torch.testing.assert_close(slerp(a, b, 1.0), b)


def test_a_single_number_is_a_vector_of_one() -> None:
    a, b = torch.tensor([1.0, 2.0]), torch.tensor([3.0, -2.0])
    torch.testing.assert_close(slerp(a, b, 0.25), torch.tensor([1.5, 1.0]))


def test_parallel_and_opposite_vectors_have_a_way() -> None:
    a = torch.tensor([[1.0, 2.0], [0.0, 0.0], [1.0, 0.0]])
    b = torch.tensor([[2.0, 4.0], [0.0, 0.0], [-1.0, 0.0]])
    half = slerp(a, b, 0.5)
    torch.testing.assert_close(half, torch.tensor([[1.5, 3.0], [0.0, 0.0], [0.0, 0.0]]))
