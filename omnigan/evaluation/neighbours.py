"""Nearest neighbours by brute force, in blocks, so that memory does not grow with ``N * M``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

__all__ = ["kth_distance", "nearest", "squared_distances"]

_BLOCK = 1 << 22  # distances held at a time
_CANDIDATES = 4  # neighbours that are measured again
_WIDEST = 4096  # numbers of a row above which a sketch stands for it
# What is left of |x|^2 + |y|^2 - 2 x.y below this share of |x|^2 + |y|^2 is rounding.
_ROUNDING = {torch.float64: 1e-12, torch.float32: 1e-6}


def squared_distances(x: Tensor, y: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Yield the squared distances of a few rows of ``x`` to all of ``y`` at a time.

    Args:
        x: ``[N, F]``.
        y: ``[M, F]`` of the same type, float32 or float64.

    Yields:
        The number of the first row, and ``[n, M]``; copies are at a distance of exactly 0.
    """
    centre = y.mean(0)
    y = y - centre  # small numbers lose less in the difference
    norms = y.square().sum(1)
    step = max(1, _BLOCK // max(len(y), x.shape[1]))
    for first in range(0, len(x), step):
        rows = x[first : first + step] - centre
        scale = rows.square().sum(1, keepdim=True) + norms
        squares = torch.addmm(scale, rows, y.T, alpha=-2)
        yield first, squares.masked_fill_(squares < _ROUNDING[y.dtype] * scale, 0)


def kth_distance(x: Tensor, k: int) -> Tensor:
    """Return the squared distance ``[N]`` of each row ``[N, F]`` to its k-th other row.

    Raises:
        ValueError: There are not more than ``k`` rows.
    """
    if len(x) <= k:
        raise ValueError(f"a {k}-th neighbour needs more than {k} rows, not {len(x)}")
    found = []
    for first, squares in squared_distances(x, x):
        squares[torch.arange(len(squares)), torch.arange(first, first + len(squares))] = torch.inf
        found.append(squares.topk(k, 1, largest=False).values[:, -1])
    return torch.cat(found)


def nearest(
    x: Tensor, y: Tensor, rows: Callable[[Tensor], Tensor] | None = None
) -> tuple[Tensor, Tensor]:
    """Return the distance ``[N]`` (float64) of each row to the nearest of ``y``, and its number.

    Rows of more than 4,096 numbers are compared through a sketch that keeps distances to within a
    few per cent, and the best few measured exactly: of neighbours that are almost equally near, the
    second may be taken for the first, but a copy is always found.

    Args:
        x: ``[N, ...]``.
        y: ``[M, ...]`` with at least one.
        rows: Makes the rows ``[n, F]`` that are compared of some of either; called for a few at a
            time where they are long. None: they are flattened.
    """
    flat = rows or _flat
    distances, places = [], []
    kept = min(_CANDIDATES, len(y))
    for first, squares in squared_distances(*_sketches(x, y, flat)):
        among = squares.topk(kept, 1, largest=False).indices  # [n, kept]
        some = flat(x[first : first + len(among)])
        exact = torch.stack([_distance(some, flat(y[choice])) for choice in among.T], 1)
        best = exact.min(1)
        distances.append(best.values)
        places.append(among.gather(1, best.indices[:, None]).squeeze(1))
    return torch.cat(distances), torch.cat(places)


def _flat(x: Tensor) -> Tensor:
    return x.flatten(1)


def _distance(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).double().square().sum(1).sqrt()


def _sketches(x: Tensor, y: Tensor, flat: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Return both sets as rows, shorter ones (Charikar et al. 2002, the count sketch) if long."""
    width = flat(y[:1]).shape[1]
    if width <= _WIDEST:
        return flat(x).float(), flat(y).float()
    rng = torch.Generator().manual_seed(0)
    bucket = torch.randint(_WIDEST, (width,), generator=rng)
    sign = torch.randint(2, (width,), generator=rng) * 2.0 - 1
    return _sketch(x, flat, bucket, sign), _sketch(y, flat, bucket, sign)


def _sketch(x: Tensor, flat: Callable[[Tensor], Tensor], bucket: Tensor, sign: Tensor) -> Tensor:
    short = torch.zeros(len(x), _WIDEST)
    for number, out in enumerate(short):  # a row at a time, since x may be large
        out.index_add_(0, bucket, flat(x[number : number + 1])[0].float() * sign)
    return short
