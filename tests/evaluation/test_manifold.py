"""Precision, recall, density and coverage against the package of their authors."""

from __future__ import annotations

import math
from dataclasses import asdict

import pytest
import torch
from prdc import compute_prdc
from torch import Tensor

from omnigan.evaluation import neighbours
from omnigan.evaluation.manifold import manifold_scores


def normal(n: int, width: int, seed: int, scale: float = 1.0, shift: float = 0.0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return shift + scale * torch.randn(n, width, generator=rng)


@pytest.mark.parametrize(
    ("real", "generated", "k"),
    [
        (normal(200, 8, 1), normal(150, 8, 2), 5),
        (normal(90, 3, 3), normal(120, 3, 4, scale=0.5), 3),
        (normal(90, 64, 5), normal(60, 64, 6, scale=1.3, shift=0.2), 5),
        (normal(50, 2, 7), normal(50, 2, 8, shift=9), 1),
    ],
)
def test_agrees_with_prdc(
    real: Tensor, generated: Tensor, k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "_BLOCK", 1000)  # a few rows at a time
    theirs = compute_prdc(real.double().numpy(), generated.double().numpy(), k)
    ours = asdict(manifold_scores(real, generated, k))
    assert ours == pytest.approx({name: float(value) for name, value in theirs.items()}, abs=1e-12)


def test_equal_distributions() -> None:
    """Expected density is 1; coverage is that of k neighbours which are all real (Naeem 2020)."""
    n, k = 2000, 5
    found = manifold_scores(normal(n, 20, 1), normal(n, 20, 2), k)
    missed = math.prod((n - i) / (2 * n - i) for i in range(1, k + 1))
    assert found.coverage == pytest.approx(1 - missed, abs=0.012)
    assert found.density == pytest.approx(1, abs=0.05)


def test_one_mode_of_two() -> None:
    """Everything generated lies in one half of the real examples."""
    real = torch.cat([normal(100, 2, 1), normal(100, 2, 2, shift=100)])
    found = manifold_scores(real, normal(200, 2, 3))
    assert found.precision > 0.9
    assert found.recall == pytest.approx(0.5, abs=0.05)
    assert found.coverage == pytest.approx(0.5, abs=0.05)


def test_copies_of_repeated_examples_count() -> None:
    """Balls of radius 0 hold what is at their centre, however large the numbers are."""
    real = normal(4, 16, 1, shift=1e3).repeat(10, 1)
    found = manifold_scores(real, real[:20])
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)


def test_as_many_neighbours_are_needed() -> None:
    with pytest.raises(ValueError, match="more than 5 rows, not 5"):
        manifold_scores(torch.zeros(5, 2), torch.zeros(9, 2))
