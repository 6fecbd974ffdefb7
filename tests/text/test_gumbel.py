"""Noise has the distribution it should have, and relaxations the gradients."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from omnigan_text.networks.gumbel import (
    gumbel,
    one_hot,
    relaxed,
    score_function,
    straight_through,
)


def distance_to_gumbel(noise: torch.Tensor) -> float:
    """Return the Kolmogorov-Smirnov statistic times the root of the number of draws."""
    ordered = noise.double().flatten().sort().values
    n = len(ordered)
    theory = torch.exp(-torch.exp(-ordered))
    steps = torch.arange(n + 1, dtype=torch.float64) / n
    gap = torch.maximum((theory - steps[:-1]).abs(), (steps[1:] - theory).abs()).max()
    return float(gap) * n**0.5


def test_normal_noise_becomes_gumbel_noise() -> None:
    rng = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 100_000, generator=rng)
    assert distance_to_gumbel(gumbel(a)) < 1.95  # exceeded once in a thousand
    assert distance_to_gumbel(a) > 10
    between = a * 0.6 + b * 0.8  # on a great circle between two draws
    assert distance_to_gumbel(gumbel(between)) < 1.95


def test_noise_is_finite_and_in_order_however_rare() -> None:
    rare = torch.tensor([-40.0, -8.0, -5.0, 0.0, 5.0, 8.0, 40.0])
    noise = gumbel(rare)
    assert noise.isfinite().all()
    assert (noise.diff() >= 0).all()
    assert gumbel(rare.bfloat16()).dtype == torch.float32


def test_the_largest_score_is_a_draw_from_the_softmax() -> None:
    logits = torch.tensor([1.0, 0.0, -1.0, -2.0])
    noise = torch.randn(50_000, 4, generator=torch.Generator().manual_seed(1))
    counts = (logits + gumbel(noise)).argmax(1).bincount(minlength=4)
    expected = logits.softmax(0) * len(noise)
    assert ((counts - expected).square() / expected).sum() < 16.3  # 3 degrees, 1 in 1,000


def test_one_hot_rows_have_a_single_one() -> None:
    ids = torch.tensor([[0, 2], [1, 1]])
    expected = torch.tensor([[[1.0, 0, 0], [0, 0, 1]], [[0, 1, 0], [0, 1, 0]]])
    assert torch.equal(one_hot(ids, 3), expected)


@settings(max_examples=30)
@given(st.integers(0, 1000), st.floats(0.05, 5.0), st.integers(2, 7))
def test_straight_through_is_hard_forward_and_soft_backward(
    seed: int, relaxation: float, symbols: int
) -> None:
    rng = torch.Generator().manual_seed(seed)
    weights = torch.randn(2, 3, symbols, generator=rng)
    scores = torch.randn(2, 3, symbols, generator=rng).requires_grad_()
    hard = torch.nn.functional.one_hot(scores.argmax(-1), symbols).float()
    soft = (scores / relaxation).softmax(-1)
    textbook = hard + soft - soft.detach()
    chosen = straight_through(scores, relaxation)
    assert torch.equal(chosen, hard)
    (slope,) = torch.autograd.grad((chosen * weights).sum(), scores)
    (expected,) = torch.autograd.grad((textbook * weights).sum(), scores)
    torch.testing.assert_close(slope, expected, rtol=1e-4, atol=1e-5)


@settings(max_examples=30)
@given(st.integers(0, 1000))
def test_score_function_sums_to_one_and_carries_the_slope_of_the_log(seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    logits = torch.randn(4, 5, generator=rng).mul(3).requires_grad_()
    scores = logits + gumbel(torch.randn(4, 5, generator=rng))
    rows = score_function(scores, logits)
    hard = torch.nn.functional.one_hot(scores.argmax(-1), 5).float()
    assert torch.equal(rows, hard)  # to the last bit: what is fed back are symbols
    (slope,) = torch.autograd.grad(rows.sum(), logits)
    torch.testing.assert_close(slope, hard - logits.detach().softmax(-1))


def test_soft_rows_harden_as_the_temperature_falls() -> None:
    scores = torch.tensor([[1.0, 2.0, 0.5]])
    warm = relaxed(scores, scores, "soft", 1.0)
    torch.testing.assert_close(warm, scores.softmax(-1))
    cold = relaxed(scores, scores, "soft", 0.01)
    torch.testing.assert_close(cold, torch.tensor([[0.0, 1.0, 0.0]]))


@pytest.mark.parametrize("estimator", ["straight-through", "reinforce"])
def test_other_estimators_give_symbols(estimator: str) -> None:
    scores = torch.tensor([[1.0, 2.0, 0.5]], requires_grad=True)
    rows = relaxed(scores, scores, estimator, 1.0)  # type: ignore[arg-type]
    assert torch.equal(rows, torch.tensor([[0.0, 1.0, 0.0]]))
    assert rows.requires_grad
