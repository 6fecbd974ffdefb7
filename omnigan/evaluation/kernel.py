"""The kernel distance: an unbiased squared maximum mean discrepancy between two sets of features.

Binkowski et al. (2018), "Demystifying MMD GANs", with their kernel ``(x . y / F + 1)^3``. Being
unbiased, it does not depend on the number of examples, and is below 0 as often as above it when
both sets come from one distribution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from omnigan.evaluation.thinning import evenly

__all__ = ["KernelDistance", "kernel_distance"]

_WHOLE = 4096  # examples of a set up to which all pairs are used
_SUBSET = 1000  # examples of a subset, as published
_SEED = 0
_BLOCK = 1 << 22  # kernel values held at a time


@dataclass(frozen=True)
class KernelDistance:
    """An estimate and its standard error."""

    value: float
    error: float


def kernel_distance(x: Tensor, y: Tensor) -> KernelDistance:
    """Return the squared discrepancy of features ``[N, F]`` and ``[M, F]``.

    Up to 4,096 examples the estimate takes in all pairs, and its error is the jackknife's. Where
    both sets are larger, it is the mean over disjoint random subsets of 1,000, which has the same
    expectation in linear time; the error follows from their spread.

    Raises:
        ValueError: A set has fewer than three rows.
    """
    n = min(len(x), len(y))
    if n < 3:
        raise ValueError("the kernel distance needs at least three rows on each side")
    x, y = x.double(), y.double()
    if n <= _WHOLE:
        return _of_all_pairs(_thinned(x), _thinned(y))
    # Rows may be sorted or take turns by kind, so neither neighbours nor every n-th will do; and
    # each set has a draw of its own, or rows of the same place would meet too often.
    rng = torch.Generator().manual_seed(_SEED)
    subsets = zip(*(_subsets(each, n // _SUBSET, rng) for each in (x, y)), strict=True)
    values = torch.tensor([_of_all_pairs(*pair).value for pair in subsets])
    return KernelDistance(float(values.mean()), float(values.std()) / math.sqrt(len(values)))


def _subsets(x: Tensor, number: int, rng: torch.Generator) -> Tensor:
    """Return disjoint subsets of rows ``[N, F]``, ``[number, _SUBSET, F]``."""
    drawn = torch.randperm(len(x), generator=rng)[: number * _SUBSET]
    return x[drawn].view(number, _SUBSET, -1)


def _thinned(x: Tensor) -> Tensor:
    """Return at most ``_WHOLE`` rows, spread evenly."""
    return x[evenly(len(x), min(len(x), _WHOLE))]


def _of_all_pairs(x: Tensor, y: Tensor) -> KernelDistance:
    n, m = len(x), len(y)
    xx, yy = _row_sums(x, x) - _diagonal(x), _row_sums(y, y) - _diagonal(y)
    xy, yx = _row_sums(x, y), _row_sums(y, x)
    within_x, within_y = xx.sum() / (n * (n - 1)), yy.sum() / (m * (m - 1))
    across = xy.sum() / (n * m)
    # The estimate without each row in turn; what the other set adds to all of them cancels.
    less_x = (xx.sum() - 2 * xx) / ((n - 1) * (n - 2)) - 2 * (xy.sum() - xy) / ((n - 1) * m)
    less_y = (yy.sum() - 2 * yy) / ((m - 1) * (m - 2)) - 2 * (yx.sum() - yx) / ((m - 1) * n)
    variance = sum(part.var(correction=0) * (len(part) - 1) for part in (less_x, less_y))
    return KernelDistance(float(within_x + within_y - 2 * across), math.sqrt(float(variance)))


def _row_sums(x: Tensor, y: Tensor) -> Tensor:
    """Return the kernel's sum over all of ``y`` for each row of ``x``."""
    blocks = torch.split(x, max(1, _BLOCK // len(y)))
    return torch.cat([_kernel(block @ y.T, x.shape[1]).sum(1) for block in blocks])


def _diagonal(x: Tensor) -> Tensor:
    return _kernel(x.square().sum(1), x.shape[1])


def _kernel(products: Tensor, width: int) -> Tensor:
    return (products / width + 1) ** 3
