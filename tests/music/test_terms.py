"""The rhythm term against counting by hand."""

from __future__ import annotations

import torch
from torch import Tensor

from omnigan_music.terms import RARE, rhythm_gap


def phrases(*attacks: list[int]) -> Tensor:
    """Return one-track phrases of 8 steps with attacks at the given steps."""
    x = torch.zeros(len(attacks), 2, 1, 8, 3)
    for number, steps in enumerate(attacks):
        x[number, 1, 0, steps, 0] = 1
    return x


def test_is_the_chi_squared_distance_of_interval_rates() -> None:
    generated, real = phrases([0, 1, 4], [0, 1, 4]), phrases([0, 2, 4], [0, 2, 4])
    # Intervals that can be seen: of 1 step from 7 places, of 2 from 6, of 3 from 5.
    made, wanted = [1 / 7, 0.0, 1 / 5], [0.0, 2 / 6, 0.0]
    expected = sum((a - b) ** 2 / (b + RARE) for a, b in zip(made, wanted, strict=True))
    torch.testing.assert_close(rhythm_gap(generated, real, 3), torch.tensor(expected))


def test_is_zero_for_equal_rates_and_chance_does_not_raise_it() -> None:
    def random(seed: int, count: int) -> Tensor:
        rng = torch.Generator().manual_seed(seed)
        return (torch.rand(count, 2, 2, 16, 3, generator=rng) < 0.1).float()

    real = random(0, 8000)
    gaps = torch.stack([rhythm_gap(random(i, 16), real, 4) for i in range(1, 301)])
    assert rhythm_gap(real, real, 4) == 0
    assert abs(gaps.mean()) < 3 * gaps.std() / len(gaps) ** 0.5


def test_pulls_the_rate_towards_the_real_one() -> None:
    logits = torch.full((8, 2, 1, 16, 1), -2.0, requires_grad=True)
    real = (torch.rand(8, 2, 1, 16, 1) < 0.5).float()
    rhythm_gap(logits.sigmoid(), real, 1).backward()
    assert logits.grad is not None
    assert (logits.grad[:, 1].mean((0, 2, 3)) < 0).all(), "more attacks lower the gap"
