"""The moving average: what half-life means, the ramp, and what is averaged."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from omnigan.engine.ema import decay_of, follow, frozen_copy
from omnigan.recipe.schema import Duration, Ema


def _kept(settings: Ema, batch: int, total: int, first: int, count: int) -> float:
    """Return the share of the average at step ``first`` that is left ``count`` steps later."""
    share = 1.0
    for step in range(first, first + count):
        share *= decay_of(settings, batch, total, step)
    return share


@pytest.mark.parametrize("batch", [1, 16, 100])
def test_after_a_half_life_half_is_left(batch: int) -> None:
    steps = Ema(half_life=Duration(count=30), ramp=None)
    assert _kept(steps, batch, 1000, first=5, count=30) == pytest.approx(0.5)
    examples = Ema(half_life=Duration(count=30 * batch, unit="examples"), ramp=None)
    assert _kept(examples, batch, 1000, first=5, count=30) == pytest.approx(0.5)
    assert _kept(examples, batch, 1000, first=5, count=90) == pytest.approx(1 / 8)


def test_an_open_half_life_is_two_per_cent_of_the_run() -> None:
    settings = Ema(half_life=None, ramp=None)
    assert _kept(settings, 32, 1000, first=0, count=20) == pytest.approx(0.5)
    assert _kept(settings, 32, 5000, first=0, count=100) == pytest.approx(0.5)


def test_the_ramp_makes_the_half_life_a_share_of_the_examples_seen() -> None:
    settings = Ema(half_life=Duration(count=10**6), ramp=0.05)
    for step in (0, 9, 999):
        seen = (step + 1) * 8
        half_life_in_steps = 0.05 * seen / 8
        expected = 0.5 ** (1 / half_life_in_steps)
        assert decay_of(settings, 8, 10**6, step) == pytest.approx(expected)


def test_the_ramp_ends_where_the_half_life_is_reached() -> None:
    settings = Ema(half_life=Duration(count=10), ramp=0.05)
    decays = [decay_of(settings, 4, 1000, step) for step in range(400)]
    assert decays == sorted(decays)
    assert decays[198] < decays[199] == decays[399] == pytest.approx(0.5**0.1)


class _Network(nn.Module):
    def __init__(self, value: float, count: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((2, 2), value))
        self.register_buffer("mean", torch.tensor([value, -value]))
        self.register_buffer("short", torch.full((3,), value, dtype=torch.float16))
        self.register_buffer("count", torch.tensor(count))
        self.drop = nn.Dropout()


def test_weights_and_running_statistics_are_averaged_and_counters_copied() -> None:
    average, network = _Network(1.0, 3), _Network(5.0, 8)
    follow(average, network, 0.75)
    assert torch.equal(average.weight, torch.full((2, 2), 2.0))
    assert torch.equal(average.mean, torch.tensor([2.0, -2.0]))
    assert torch.equal(average.short, torch.full((3,), 2.0, dtype=torch.float16))
    assert int(average.count) == 8
    assert torch.equal(network.weight, torch.full((2, 2), 5.0))


@pytest.mark.parametrize("decay", [0.2, 0.9])
def test_what_is_infinite_is_copied(decay: float) -> None:
    average, network = _Network(1.0, 0), _Network(1.0, 0)
    average.mean = torch.tensor([-torch.inf, 2.0, torch.nan, 1.0])
    network.mean = torch.tensor([-torch.inf, torch.inf, 5.0, 1.0])
    follow(average, network, decay)
    assert torch.equal(average.mean, network.mean)


def test_the_average_of_many_steps_is_the_weighted_sum() -> None:
    average = _Network(0.0, 0)
    values = [1.0, -2.0, 4.0, 0.5]
    for value in values:
        follow(average, _Network(value, 0), 0.9)
    expected = sum(0.1 * v * 0.9 ** (len(values) - 1 - i) for i, v in enumerate(values))
    assert average.weight.detach().numpy() == pytest.approx(expected, rel=1e-6)


def test_a_frozen_copy_is_apart_takes_no_gradient_and_does_not_drop_out() -> None:
    network = _Network(1.0, 0).train()
    copy = frozen_copy(network)
    network.weight.data.fill_(9)
    assert torch.equal(copy.weight, torch.ones(2, 2))
    assert not any(weight.requires_grad for weight in copy.parameters())
    assert not copy.training
    assert not copy.drop.training
    assert network.training
    assert network.weight.requires_grad
