"""Rows of a table by symbol, for symbols that gradient passes through."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import embedding

__all__ = ["look_up"]


class _LookUp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, symbols: Tensor, table: Tensor, ids: Tensor) -> Tensor:
        ctx.save_for_backward(table, ids)
        return embedding(ids, table)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        table, ids = ctx.saved_tensors
        (slope,) = slopes
        for_symbols = slope @ table.T if ctx.needs_input_grad[0] else None
        for_table = None
        if ctx.needs_input_grad[1]:
            rows = slope.reshape(-1, table.shape[1])
            for_table = torch.zeros_like(table).index_add_(0, ids.reshape(-1), rows)
        return for_symbols, for_table, None


def look_up(symbols: Tensor, table: Tensor, ids: Tensor | None = None) -> Tensor:
    """Return ``symbols @ table``, ``[..., E]``, without the product where that is a choice of rows.

    A product of one-hot rows with a table takes most of the time of a step where there are many
    symbols, and picks a row.

    Args:
        symbols: ``[..., V]``, one-hot or soft; or ids ``[...]``, through which no gradient passes.
        table: ``[V, E]``.
        ids: ``[...]``, where it is known that symbols are one-hot; without, that is looked at.
    """
    if not symbols.is_floating_point():
        return embedding(symbols, table)
    if ids is None:
        largest, ids = symbols.detach().max(-1)
        if not bool((largest == 1).all()):
            return symbols @ table
    chosen: Tensor = _LookUp.apply(symbols, table, ids)  # type: ignore[no-untyped-call]
    return chosen
