"""Operators that ONNX does not have, made of those that it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

__all__ = ["DECOMPOSITIONS", "running_maximum"]


def running_maximum(x: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Return what ``torch.cummax`` returns: the largest value so far, and its last place so far.

    Args:
        x: Of any shape.
        axis: The axis to go along.
    """
    values = _doubled(x, axis)
    sizes = [1] * x.dim()
    sizes[axis] = -1
    places = torch.arange(x.shape[axis], device=x.device).view(sizes)
    return values, _doubled(torch.where(x == values, places, 0), axis)


def _doubled(x: Tensor, axis: int) -> Tensor:
    """Return the largest value so far: of 1 place, of 2, of 4, and so on."""
    length, reach = x.shape[axis], 1
    while reach < length:
        rest = length - reach
        later = torch.maximum(x.narrow(axis, reach, rest), x.narrow(axis, 0, rest))
        x = torch.cat([x.narrow(axis, 0, reach), later], axis)
        reach *= 2
    return x


DECOMPOSITIONS: Mapping[Any, Callable[..., Any]] = {torch.ops.aten.cummax.default: running_maximum}
