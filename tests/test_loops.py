"""Loops that a traced program keeps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnigan.loops import Tensors, scanned


class Fibonacci(nn.Module):
    """Rows that each are the sum of the two before and of what they are given."""

    def forward(self, given: Tensor) -> tuple[Tensor, Tensor]:
        def after(state: Tensors, step: Tensors) -> tuple[Tensors, Tensor]:
            before, last = state
            new = before + last + step[0]
            return (last.clone(), new), new * 1

        start = (torch.zeros_like(given[0]), torch.ones_like(given[0]))
        (_, last), rows = scanned(after, start, (given,))
        return last, rows


def test_a_loop_carries_its_state_and_keeps_its_results() -> None:
    last, rows = Fibonacci()(torch.zeros(8, 2))
    assert rows[:, 1].tolist() == [1, 2, 3, 5, 8, 13, 21, 34]
    assert last.tolist() == [34, 34]


def test_a_traced_loop_is_one_operation_with_the_same_results() -> None:
    given = torch.randn(30, 3)
    batch = torch.export.Dim("batch")
    program = torch.export.export(Fibonacci(), (given,), dynamic_shapes=({1: batch},))
    assert len(program.graph.nodes) < 20
    other = torch.randn(30, 5)
    for traced, ours in zip(program.module()(other), Fibonacci()(other), strict=True):
        torch.testing.assert_close(traced, ours)
