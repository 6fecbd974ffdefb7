"""Are generated examples copies of training examples?

The distance of each generated example to its nearest training example, against the same distance
of held-out examples, which are real and cannot have been copied.
"""

from __future__ import annotations

from collections.abc import Callable
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
        """Share of generated examples nearer than all but 1 % of held-out ones."""
        limit = torch.quantile(self.held_out, _PERCENTILE)
        return float((self.generated <= limit).double().mean())

    @property
    def expected(self) -> float:
        """What :attr:`close` is on average where nothing is copied: more than 0.01 of few.

        The k-th of M held-out distances is above k / (M + 1) of all distances on average, and the
        limit is between two of them.
        """
        count = len(self.held_out)
        return (_PERCENTILE * (count - 1) + 1) / (count + 1)

    @property
    def ratio(self) -> float:
        """Median distance of generated over that of held-out examples; 1 is best."""
        return float(self.generated.median() / self.held_out.median())


def memorisation(
    generated: Tensor,
    held_out: Tensor,
    train: Tensor,
    pairs: int = 8,
    *,
    rows: Callable[[Tensor], Tensor] | None = None,
) -> Memorisation:
    """Compare distances to the training examples, of features or of the data themselves.

    Args:
        generated: ``[N, ...]``.
        held_out: ``[M, ...]``.
        train: ``[T, ...]``.
        pairs: Most closest pairs to return.
        rows: Makes what is compared, ``[n, F]``, of some of them.
    """
    distances, places = nearest(generated, train, rows)
    found: dict[int, Pair] = {}
    for number in distances.argsort(stable=True).tolist():
        place = int(places[number])
        found.setdefault(place, Pair(number, place, float(distances[number])))
        if len(found) == pairs:
            break
    return Memorisation(distances, nearest(held_out, train, rows)[0], tuple(found.values()))
