"""Loops inside networks that an exported program keeps as loops."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["Tensors", "scanned"]

Tensors = tuple[Tensor, ...]


def scanned(
    after: Callable[[Tensors, Tensors], tuple[Tensors, Tensor]], state: Tensors, given: Tensors
) -> tuple[Tensors, Tensor]:
    """Return the last state of a loop, and the results of all its steps.

    Unrolled, a loop of many steps takes torch minutes to trace and to translate. In a program that
    ``torch.export`` traces, as for ONNX, it is an operation of its own instead.

    Args:
        after: Takes the state and what one step is given, and returns the next state and the
            step's result, none of which may be a tensor that it was given.
        state: The first state; each next one has its shapes and dtypes.
        given: What the steps are given, ``[steps, ...]`` each.

    Returns:
        The last state, and the results ``[steps, ...]``.
    """
    if torch.compiler.is_exporting():
        from torch._higher_order_ops.scan import scan

        last, results = scan(after, state, given)
        return last, results
    found = []
    for step in zip(*given, strict=True):
        state, result = after(state, step)
        found.append(result)
    return state, torch.stack(found)
