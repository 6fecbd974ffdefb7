"""k-means, deterministic."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["k_means", "nearest_centre"]

_ROUNDS = 50
_SEED = 0


def k_means(x: Tensor, k: int) -> Tensor:
    """Return ``k`` centres ``[k, F]`` of points ``[N, F]``, the same each time.

    The first centres are chosen by k-means++ (Arthur and Vassilvitskii 2007) from a fixed seed,
    then moved to the means of their points (Lloyd 1982) until nothing changes, at most 50 times. A
    centre that is left without points moves to the point that is furthest from its own.

    Raises:
        ValueError: There are fewer points than centres.
    """
    if len(x) < k:
        raise ValueError(f"{k} centres need at least as many points, not {len(x)}")
    x = x.double()
    centres, places = _spread(x, k), torch.full((len(x),), -1)
    for _ in range(_ROUNDS):
        distances, found = _squares(x, centres).min(1)
        if torch.equal(found, places):
            break
        places = found
        counts = torch.bincount(places, minlength=k)
        sums = torch.zeros_like(centres).index_add_(0, places, x)
        centres = sums / counts.clamp(min=1)[:, None]
        empty = (counts == 0).nonzero().flatten()
        centres[empty] = x[distances.topk(len(empty)).indices]
    return centres


def nearest_centre(x: Tensor, centres: Tensor) -> Tensor:
    """Return the number ``[N]`` of the centre of ``[k, F]`` that each of ``[N, F]`` is nearest."""
    return _squares(x.double(), centres).argmin(1)


def _spread(x: Tensor, k: int) -> Tensor:
    """Choose centres among the points, each with a chance like its squared distance to the rest."""
    rng = torch.Generator().manual_seed(_SEED)
    chosen = [int(torch.randint(len(x), (), generator=rng))]
    squares = _squares(x, x[chosen]).squeeze(1)
    while len(chosen) < k:
        # Points that are all alike leave no distances: then any will do.
        chances = squares if bool((squares > 0).any()) else torch.ones_like(squares)
        chosen.append(int(torch.multinomial(chances, 1, generator=rng)))
        squares = torch.minimum(squares, _squares(x, x[chosen[-1:]]).squeeze(1))
    return x[chosen]


def _squares(x: Tensor, centres: Tensor) -> Tensor:
    norms = x.square().sum(1, keepdim=True) + centres.square().sum(1)
    return (norms - 2 * x @ centres.T).clamp(min=0)
