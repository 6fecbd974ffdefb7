"""The Frechet distance against closed forms and SciPy's matrix square root."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given
from hypothesis import strategies as st

from omnigan.evaluation.frechet import frechet_distance, gaussian_distance


def skewed(n: int, width: int, seed: int, shift: float = 0.0) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    mixing = torch.randn(width, width, generator=rng)
    return torch.randn(n, width, generator=rng) @ mixing + shift


def by_scipy(x: torch.Tensor, y: torch.Tensor) -> float:
    a, b = x.double().numpy(), y.double().numpy()
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(cov_a @ cov_b)
    offset = a.mean(0) - b.mean(0)
    return float(offset @ offset + np.trace(cov_a) + np.trace(cov_b) - 2 * np.trace(root).real)


@pytest.mark.parametrize("sizes", [(300, 200, 20), (65, 70, 64), (40, 400, 5)])
def test_agrees_with_a_matrix_square_root(sizes: tuple[int, int, int]) -> None:
    n, m, width = sizes
    x, y = skewed(n, width, 1), skewed(m, width, 2, shift=0.3)
    assert frechet_distance(x, y) == pytest.approx(by_scipy(x, y), rel=1e-9)


@pytest.mark.parametrize("sizes", [(30, 50, 64), (30, 500, 64), (500, 30, 64), (64, 64, 64)])
def test_fewer_examples_than_features(sizes: tuple[int, int, int]) -> None:
    """SciPy's root of a singular matrix is good to a few digits only."""
    n, m, width = sizes
    x, y = skewed(n, width, 1), skewed(m, width, 2, shift=0.3)
    assert frechet_distance(x, y) == pytest.approx(by_scipy(x, y), rel=1e-6)


def test_the_way_for_few_and_the_way_for_many_agree() -> None:
    """A feature that is always 0 changes nothing but the side of the choice."""
    x, y = skewed(12, 11, 1), skewed(13, 11, 2)
    x_wide, y_wide = (torch.cat([each, torch.zeros(len(each), 9)], 1) for each in (x, y))
    assert frechet_distance(x_wide, y_wide) == pytest.approx(frechet_distance(x, y), rel=1e-9)


@given(st.floats(-3, 3), st.floats(0.1, 3), st.floats(0.1, 3))
def test_gaussians_on_a_line(offset: float, a: float, b: float) -> None:
    """In one dimension it is the squared distance of means plus that of deviations."""
    one = torch.ones(1, 1)
    distance = gaussian_distance(torch.zeros(1), a * a * one, torch.full((1,), offset), b * b * one)
    assert distance == pytest.approx(offset**2 + (a - b) ** 2, abs=1e-6)


def test_covariances_that_commute() -> None:
    rng = torch.Generator().manual_seed(0)
    turn = torch.linalg.qr(torch.randn(6, 6, generator=rng, dtype=torch.float64)).Q
    a, b = torch.rand(6, generator=rng).double(), torch.rand(6, generator=rng).double()
    a[0] = 0  # flat in one direction
    zero = torch.zeros(6)
    distance = gaussian_distance(zero, turn * a @ turn.T, zero, turn * b @ turn.T)
    assert distance == pytest.approx(float((a.sqrt() - b.sqrt()).square().sum()), rel=1e-6)


@pytest.mark.parametrize(("n", "width"), [(100, 8), (8, 100)])
def test_shifting_a_set_costs_the_square_of_the_shift(n: int, width: int) -> None:
    x = skewed(n, width, 3).double()
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-4)
    assert frechet_distance(x, x + 2) == pytest.approx(4 * width, rel=1e-6)


def test_is_never_below_zero() -> None:
    x = skewed(50, 3, 4) * 1e4
    assert frechet_distance(x, x.flip(0)) >= 0


def test_one_row_is_not_enough() -> None:
    with pytest.raises(ValueError, match="two rows"):
        frechet_distance(torch.zeros(1, 3), torch.zeros(5, 3))
