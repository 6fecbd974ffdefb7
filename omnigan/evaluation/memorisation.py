"""Are generated examples copies of training examples?

The distance of each generated example to its nearest training example, against the same distance
of held-out examples, which are real and cannot have been copied.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from omnigan.evaluation.neighbours import nearest

__all__ = ["Memorisation", "Pair", "memorisation"]

_PERCENTILE = 0.01


@dataclass(frozen=True)
class Pair:
    """A generated example and the training example nearest to it.

    Attributes:
        generated: Its number among the generated ones.
        train: Its number among the training examples.
        distance: Euclidean, between whatever was compared.
    """

    generated: int
    train: int
    distance: float


@dataclass(frozen=True)
class Memorisation:
    """Distances to the nearest training example.

    Attributes:
        generated: Of the generated examples, ``[N]``.
        held_out: Of the held-out examples, ``[M]``.
        pairs: The closest pairs, closest first, no training example twice.
    """

    generated: Tensor
    held_out: Tensor
    pairs: tuple[Pair, ...]

    @property
    def close(self) -> float:
        """Share of generated examples nearer than all but 1 % of held-out ones; 0.01 is best."""
        limit = torch.quantile(self.held_out, _PERCENTILE)
        return float((self.generated <= limit).double().mean())

    @property
    def ratio(self) -> float:
        """Median distance of generated over that of held-out examples; 1 is best."""
        return float(self.generated.median() / self.held_out.median())


def memorisation(
    generated: Tensor, held_out: Tensor, train: Tensor, pairs: int = 8
) -> Memorisation:
    """Compare distances to the training examples, of features or of the data themselves.

    Args:
        generated: ``[N, F]``.
        held_out: ``[M, F]``.
        train: ``[T, F]``.
        pairs: Most closest pairs to return.
    """
    distances, places = nearest(generated, train)
    found: dict[int, Pair] = {}
    for number in distances.argsort(stable=True).tolist():
        place = int(places[number])
        found.setdefault(place, Pair(number, place, float(distances[number])))
        if len(found) == pairs:
            break
    return Memorisation(distances, nearest(held_out, train)[0], tuple(found.values()))
