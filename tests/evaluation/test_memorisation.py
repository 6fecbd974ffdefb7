"""Nearest neighbours against all distances, and copies that are found."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from omnigan.evaluation import neighbours
from omnigan.evaluation.memorisation import Memorisation, memorisation
from omnigan.evaluation.neighbours import nearest


def normal(n: int, width: int, seed: int) -> Tensor:
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed))


def test_nearest_is_the_least_of_all_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_BLOCK", 1000)
    x, y = normal(70, 12, 1) + 50, normal(90, 12, 2) + 50
    exact = (x.double()[:, None] - y.double()).square().sum(2).sqrt()
    distance, place = nearest(x, y)
    torch.testing.assert_close(distance, exact.min(1).values, rtol=1e-6, atol=0)
    assert torch.equal(place, exact.argmin(1))


def test_long_rows_are_found_through_a_sketch() -> None:
    """Copies with noise are found; the distance is then the exact one."""
    y = normal(40, 9000, 1)
    chosen = torch.arange(0, 40, 3)
    x = y[chosen] + 0.3 * normal(len(chosen), 9000, 2)
    distance, place = nearest(x, y)
    assert torch.equal(place, chosen)
    expected = (x - y[chosen]).double().square().sum(1).sqrt()
    torch.testing.assert_close(distance, expected, rtol=1e-6, atol=0)


def test_one_example_is_enough_to_be_nearest_to() -> None:
    distance, place = nearest(torch.tensor([[3.0, 4.0]]), torch.zeros(1, 2))
    assert (float(distance), int(place)) == (5, 0)


def test_a_generator_that_copies_is_found_out() -> None:
    train, held_out = normal(300, 5, 1), normal(300, 5, 2)
    generated = torch.cat([normal(90, 5, 3), train[[7, 30, 7, 200, 11, 12, 13, 14, 15, 16]]])
    found = memorisation(generated, held_out, train, pairs=3)
    assert found.close == pytest.approx(0.1 + 0.9 * 0.01, abs=0.03)
    assert [(pair.generated, pair.train) for pair in found.pairs] == [(90, 7), (91, 30), (93, 200)]
    assert all(pair.distance == 0 for pair in found.pairs)


def test_a_generator_as_good_as_real_data() -> None:
    train = normal(400, 5, 1)
    found = memorisation(normal(2000, 5, 2), normal(2000, 5, 3), train)
    assert found.close == pytest.approx(0.01, abs=0.01)
    assert found.ratio == pytest.approx(1, abs=0.05)
    distances = [pair.distance for pair in found.pairs]
    assert distances == sorted(distances)
    assert len({pair.train for pair in found.pairs}) == len(found.pairs) == 8
    assert distances[0] == float(found.generated.min())


@pytest.mark.parametrize("held_out", [16, 50, 101])
def test_what_is_expected_of_a_generator_that_copies_nothing(held_out: int) -> None:
    """The mean over many draws of distances from one distribution."""
    rng = torch.Generator().manual_seed(held_out)
    drawn = torch.rand(2000, 200 + held_out, generator=rng)
    found = [Memorisation(row[:200], row[200:], ()) for row in drawn]
    shares = torch.tensor([each.close for each in found])
    error = float(shares.std()) / len(shares) ** 0.5
    assert found[0].expected == pytest.approx(float(shares.mean()), abs=3 * error)
    assert error < 0.002


def test_a_generator_far_from_everything() -> None:
    found = memorisation(normal(50, 5, 1) + 100, normal(50, 5, 2), normal(50, 5, 3))
    assert found.close == 0
    assert found.ratio > 50
