"""The kernel distance against sums over pairs, one by one."""

from __future__ import annotations

import itertools
import statistics

import pytest
import torch
from torch import Tensor

from omnigan.evaluation import kernel
from omnigan.evaluation.kernel import kernel_distance


def normal(n: int, width: int, seed: int, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(n, width, generator=torch.Generator().manual_seed(seed))


def by_pairs(x: Tensor, y: Tensor) -> float:
    def k(a: Tensor, b: Tensor) -> float:
        return (sum(p * q for p, q in zip(a.tolist(), b.tolist(), strict=True)) / len(a) + 1) ** 3

    return (
        statistics.fmean(k(a, b) for a, b in itertools.permutations(x, 2))
        + statistics.fmean(k(a, b) for a, b in itertools.permutations(y, 2))
        - 2 * statistics.fmean(k(a, b) for a, b in itertools.product(x, y))
    )


def test_is_the_mean_over_pairs() -> None:
    x, y = normal(7, 3, 1), normal(9, 3, 2, scale=2)
    assert kernel_distance(x, y).value == pytest.approx(by_pairs(x, y), rel=1e-6)


def test_the_error_is_the_jackknifes() -> None:
    x, y = normal(6, 3, 1), normal(8, 3, 2, scale=2)
    variance = 0.0
    for whole, other in ((x, y), (y, x)):
        n = len(whole)
        without = [by_pairs(whole[[j for j in range(n) if j != i]], other) for i in range(n)]
        variance += (n - 1) * statistics.pvariance(without)
    assert kernel_distance(x, y).error == pytest.approx(variance**0.5, rel=1e-5)


def test_is_unbiased_and_knows_its_error() -> None:
    """Over many draws of two equal distributions the mean is 0, and the spread as announced."""
    found = [kernel_distance(normal(60, 4, i), normal(40, 4, 1000 + i)) for i in range(300)]
    spread = statistics.stdev(each.value for each in found)
    assert abs(statistics.fmean(each.value for each in found)) < 3 * spread / 300**0.5
    assert statistics.fmean(each.error for each in found) == pytest.approx(spread, rel=0.5)


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Subsets of 20 where there are more than 50 rows."""
    monkeypatch.setattr(kernel, "_WHOLE", 50)
    monkeypatch.setattr(kernel, "_SUBSET", 20)


@pytest.mark.usefixtures("cut")
def test_subsets_are_as_good_as_all_pairs_on_average() -> None:
    """Over many draws of two distributions; the announced error is their spread."""
    found, exact = [], []
    for i in range(200):
        x, y = normal(145, 3, i), normal(133, 3, 1000 + i, scale=1.5)
        found.append(kernel_distance(x, y))
        exact.append(kernel._of_all_pairs(x.double(), y.double()).value)
    spread = statistics.stdev(each.value for each in found)
    mean = statistics.fmean(each.value for each in found)
    assert mean == pytest.approx(statistics.fmean(exact), abs=3 * spread / 200**0.5)
    assert statistics.fmean(each.error for each in found) == pytest.approx(spread, rel=0.3)


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize("order", ["sorted by kind", "in turn"])
def test_the_order_of_large_sets_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    """Five kinds, far apart and equally frequent, in both sets: all pairs say the same."""
    kinds = torch.arange(100) % 5
    if order == "sorted by kind":
        kinds = kinds.sort().values
    centres, found = 5.0 * torch.eye(5), []
    for i in range(100):
        monkeypatch.setattr(kernel, "_SEED", 500 + i)
        mixed = kinds[torch.randperm(100, generator=torch.Generator().manual_seed(i))]
        x, y = centres[mixed] + normal(100, 5, i), centres[kinds] + normal(100, 5, 1000 + i)
        exact = kernel._of_all_pairs(x.double(), y.double()).value
        found.append(kernel_distance(x, y).value - exact)
    assert abs(statistics.fmean(found)) < 3 * statistics.stdev(found) / 10


def test_the_longer_set_is_thinned_where_the_other_is_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kernel, "_WHOLE", 10)
    x, y = normal(30, 3, 1), normal(8, 3, 2, scale=2)
    assert kernel_distance(x, y).value == pytest.approx(by_pairs(x[::3], y), rel=1e-6)


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = normal(30, 3, 1), normal(20, 3, 2)
    whole = kernel_distance(x, y)
    monkeypatch.setattr(kernel, "_BLOCK", 64)
    assert kernel_distance(x, y).value == pytest.approx(whole.value, rel=1e-9)


def test_two_rows_are_not_enough() -> None:
    with pytest.raises(ValueError, match="three rows"):
        kernel_distance(torch.zeros(2, 3), torch.zeros(5, 3))
