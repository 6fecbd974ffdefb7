"""How much of one set of features lies among the other, from balls around nearest neighbours.

Precision and recall: Kynkaanniemi et al. (2019), "Improved precision and recall metric for
assessing generative models". Density and coverage: Naeem et al. (2020), "Reliable fidelity and
diversity metrics for generative models". The radius of a ball is the distance of its centre to the
k-th nearest other example of the same set.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from omnigan.evaluation.neighbours import kth_distance, squared_distances

__all__ = ["Manifold", "manifold_scores"]


@dataclass(frozen=True)
class Manifold:
    """Four shares; all but density are at most 1.

    Attributes:
        precision: Share of generated examples within the ball of a real one.
        recall: Share of real examples within the ball of a generated one.
        density: Balls of real examples that a generated one lies in, on average, divided by k; it
            is 1 in expectation where both sets come from one distribution.
        coverage: Share of real examples whose ball holds a generated one.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def manifold_scores(real: Tensor, generated: Tensor, k: int = 5) -> Manifold:
    """Compare generated features ``[N, F]`` with real ones ``[M, F]``.

    Args:
        real: Features of real examples.
        generated: Features of generated examples.
        k: Neighbour that gives a ball its radius; scores of different k cannot be compared.

    Raises:
        ValueError: A set has not more than ``k`` rows.
    """
    real, generated = real.double(), generated.double()
    around_real, around_generated = kth_distance(real, k), kth_distance(generated, k)
    balls = torch.zeros(len(generated))  # of real examples, around each generated one
    recalled = torch.zeros(len(real), dtype=torch.bool)
    covered = torch.zeros(len(real), dtype=torch.bool)
    for first, squares in squared_distances(real, generated):
        rows = slice(first, first + len(squares))
        within = squares <= around_real[rows, None]
        balls += within.sum(0)
        covered[rows] = within.any(1)
        recalled[rows] = (squares <= around_generated).any(1)
    return Manifold(
        precision=float((balls > 0).double().mean()),
        recall=float(recalled.double().mean()),
        density=float(balls.double().mean()) / k,
        coverage=float(covered.double().mean()),
    )
