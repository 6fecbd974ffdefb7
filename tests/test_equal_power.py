"""Faint examples are no copies of one another, and faint copies are."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from omnigan.equal_power import at_equal_power
from omnigan.evaluation.memorisation import memorisation


def noise(count: int, seed: int, level: float = 0.3) -> Tensor:
    return level * torch.randn(count, 1, 600, generator=torch.Generator().manual_seed(seed))


def test_distances_are_those_of_correlations() -> None:
    x, y = noise(20, 0) + 0.4, 7 * noise(20, 1)
    wanted = torch.corrcoef(torch.cat([x, y]).flatten(1))[:20, 20:]
    found = 1 - torch.cdist(at_equal_power(x), at_equal_power(y)).square() / 2
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)


def test_constant_examples_are_alike_and_unlike_all_others() -> None:
    rows = at_equal_power(torch.cat([torch.zeros(1, 600), torch.full((1, 600), 0.7)]))
    assert torch.equal(rows[0], rows[1])
    far = (at_equal_power(noise(3, 0)) - rows[0]).norm(dim=1)
    torch.testing.assert_close(far, torch.full((3,), 2**0.5))


@pytest.mark.parametrize("level", [1e-3, 1e-5, 0.0])
def test_near_silence_copies_nothing(level: float) -> None:
    levels = torch.linspace(0.02, 1, 200)[:, None, None]
    train, held_out, faint = noise(200, 1) * levels, noise(200, 2) * levels, noise(100, 3, level)
    assert memorisation(faint, held_out, train).close == 1  # as distances of numbers are
    found = memorisation(faint, held_out, train, rows=at_equal_power)
    assert found.close < 0.06
    assert found.ratio == pytest.approx(1, abs=0.1)
    copied = memorisation(train[:50] * 1e-3, held_out, train, rows=at_equal_power)
    assert copied.close == 1
    assert [pair.train for pair in copied.pairs] == [pair.generated for pair in copied.pairs]


def test_long_examples_are_made_into_rows_a_few_at_a_time() -> None:
    train = torch.randn(30, 2, 3000, generator=torch.Generator().manual_seed(4))
    asked = []

    def rows(x: Tensor) -> Tensor:
        asked.append(len(x))
        return at_equal_power(x)

    found = memorisation(0.01 * train[[5, 9]], train[:3], train, rows=rows)
    assert [pair.train for pair in sorted(found.pairs, key=lambda pair: pair.generated)] == [5, 9]
    assert max(asked) <= 3
