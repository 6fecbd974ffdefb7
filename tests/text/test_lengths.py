"""Lengths of texts are drawn as the training texts have them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, norm
from torch import Tensor

from omnigan_text.networks.lengths import Lengths

COUNTED = torch.tensor([1] * 20 + [2] * 50 + [4] * 29)
SHARES = (np.array([0, 20, 50, 0, 29, 0]) + 1 / 6) / 100


def counted(lengths: Tensor = COUNTED, label: Tensor | None = None, labels: int = 0) -> Lengths:
    module = Lengths(5, labels, 4)
    module.count(lengths, label)
    return module


def normal(count: int) -> Tensor:
    return torch.randn(count, 1, generator=torch.Generator().manual_seed(0))


def assert_drawn_from(lengths: Tensor, shares: np.ndarray) -> None:
    """Pearson's chi-square; exceeded once in a thousand."""
    expected = shares / shares.sum() * len(lengths)
    counts = lengths.bincount(minlength=6).numpy()
    assert not counts[expected == 0].any()
    some = expected > 0
    assert chisquare(counts[some], expected[some]).pvalue > 1e-3


def test_shares_are_those_of_the_texts_and_no_length_is_impossible() -> None:
    module = counted()
    torch.testing.assert_close(module.shares.double()[0], torch.from_numpy(SHARES))
    assert (module.shares > 0).all()
    assert "shares" in module.state_dict()
    torch.testing.assert_close(Lengths(5, 0, 4).shares, torch.full((1, 6), 1 / 6))


def test_lengths_of_normal_noise_have_the_shares() -> None:
    assert_drawn_from(counted().draw(normal(50_000), None), SHARES)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.floats(-5, 5), st.integers(0, 5))
def test_a_draw_is_where_the_normal_distribution_is_reached(
    lengths: list[int], noise: float, least: int
) -> None:
    module = counted(torch.tensor(lengths))
    shares = module.shares[0].double().numpy()
    upto = shares.cumsum()
    wanted = norm.cdf(noise) * shares[least:].sum() + shares[:least].sum()
    assume(np.abs(upto - wanted).min() > 1e-6)
    drawn = module.draw(torch.tensor([[noise]]), None, torch.tensor([least]))
    assert drawn.tolist() == [int(np.searchsorted(upto, wanted))]


def test_more_noise_is_never_shorter_and_extremes_are_lengths() -> None:
    noise = torch.tensor([-40.0, -6, -2, -0.5, 0, 0.5, 2, 6, 40])[:, None]
    drawn = counted().draw(noise, None)
    assert (drawn.diff() >= 0).all()
    assert (drawn[0], drawn[-1]) == (0, 5)


@pytest.mark.parametrize("least", [1, 3, 4])
def test_texts_of_a_least_length_keep_their_shares(least: int) -> None:
    shares = np.where(np.arange(6) < least, 0, SHARES)
    assert_drawn_from(counted().draw(normal(20_000), None, least), shares)


def test_no_draw_is_below_the_least_however_rare_longer_ones_are() -> None:
    module = Lengths(5, 0, 4)
    module.shares.copy_(torch.tensor([[0.5, 0.5, 1e-12, 1e-12, 1e-12, 1e-12]]))
    noise = torch.tensor([-40.0, -6, 0, 6, 40])[:, None].expand(-1, 6).reshape(-1, 1)
    least = torch.arange(6).repeat(5)
    drawn = module.draw(noise, None, least)
    assert (drawn >= least).all()
    assert (drawn <= 5).all()


def test_labels_have_lengths_of_their_own() -> None:
    lengths, label = torch.tensor([1, 1, 1, 4, 4, 2]), torch.tensor([0, 0, 0, 2, 2, 2])
    module = counted(lengths, label, labels=3)
    expected = (np.array([[0, 3, 0, 0, 0, 0], [0] * 6, [0, 0, 1, 0, 2, 0]]) + 1 / 6) / [
        *([4], [1], [4])
    ]
    torch.testing.assert_close(module.shares.double(), torch.from_numpy(expected))
    asked = torch.arange(3).repeat_interleave(20_000)
    drawn = module.draw(normal(60_000), asked)
    for number, shares in enumerate(expected):
        assert_drawn_from(drawn[asked == number], shares)


def test_the_share_of_a_length_is_its_likelihood() -> None:
    module = counted()
    log = module.log_share(torch.arange(6), None)
    np.testing.assert_allclose(log.double().exp(), SHARES, rtol=1e-6)
    both = counted(torch.tensor([1, 3]), torch.tensor([0, 1]), labels=2)
    log = both.log_share(torch.tensor([1, 1, 3]), torch.tensor([0, 1, 1]))
    np.testing.assert_allclose(log.double().exp(), [7 / 12, 1 / 12, 7 / 12], rtol=1e-6)


def test_a_place_is_told_how_many_symbols_are_left() -> None:
    module = Lengths(5, 0, 4)
    told = module(torch.tensor([0, 3, 5]), 5)
    left = torch.tensor([[0, 0, 0, 0, 0], [3, 2, 1, 0, 0], [5, 4, 3, 2, 1]])
    assert torch.equal(told, module.left.weight[left])
    told.sum().backward()
    assert module.left.weight.grad is not None
    assert module.left.weight.grad.abs().amin() > 0
