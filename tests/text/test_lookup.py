"""Choosing rows of a table is the product with one-hot rows, forward and back."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.autograd import grad

from omnigan_text.networks.gumbel import one_hot
from omnigan_text.networks.lookup import look_up

SHAPES = [(), (4,), (3, 5)]


def rows(kind: str, shape: tuple[int, ...]) -> Tensor:
    """Return symbols ``[..., 6]``, some of them the same."""
    if kind == "one-hot":
        return one_hot(torch.randint(6, shape), 6).double()
    soft = torch.randn(*shape, 6, dtype=torch.float64).mul(3).softmax(-1)
    if kind == "mixed":
        soft.view(-1, 6)[0] = one_hot(torch.tensor(2), 6)
    return soft


@pytest.mark.parametrize("kind", ["one-hot", "soft", "mixed"])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_the_product_and_has_its_gradients(kind: str, shape: tuple[int, ...]) -> None:
    symbols = rows(kind, shape).requires_grad_()
    table = torch.randn(6, 3, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(*shape, 3, dtype=torch.float64)
    found, product = look_up(symbols, table), symbols @ table
    torch.testing.assert_close(found, product)
    slopes = grad((found * weights).sum(), [symbols, table])
    expected = grad((product * weights).sum(), [symbols, table])
    for slope, right in zip(slopes, expected, strict=True):
        torch.testing.assert_close(slope, right)


@pytest.mark.parametrize("shape", SHAPES)
def test_ids_are_one_hot_rows_without_gradient(shape: tuple[int, ...]) -> None:
    ids = torch.randint(6, shape)
    table = torch.randn(6, 3, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(*shape, 3, dtype=torch.float64)
    found, product = look_up(ids, table), one_hot(ids, 6).double() @ table
    assert torch.equal(found, product)
    torch.testing.assert_close(
        *(grad((each * weights).sum(), table)[0] for each in (found, product))
    )


def test_ids_that_are_known_need_not_be_looked_for() -> None:
    symbols = rows("one-hot", (3, 5)).requires_grad_()
    table = torch.randn(6, 3, dtype=torch.float64, requires_grad=True)
    found = look_up(symbols, table, symbols.argmax(-1))
    torch.testing.assert_close(found, symbols @ table)
    weights = torch.randn_like(found)
    slopes = grad((found * weights).sum(), [symbols, table])
    expected = grad((symbols @ table * weights).sum(), [symbols, table])
    for slope, right in zip(slopes, expected, strict=True):
        torch.testing.assert_close(slope, right)


@pytest.mark.parametrize("wanted", [0, 1])
def test_one_gradient_can_be_had_without_the_other(wanted: int) -> None:
    both = [rows("one-hot", (4,)), torch.randn(6, 3, dtype=torch.float64)]
    both[wanted].requires_grad_()
    weights = torch.randn(4, 3, dtype=torch.float64)
    found, product = look_up(*both), both[0] @ both[1]
    (slope,) = grad((found * weights).sum(), both[wanted])
    torch.testing.assert_close(slope, grad((product * weights).sum(), both[wanted])[0])


def test_one_hot_rows_give_rows_to_the_last_bit() -> None:
    symbols, table = one_hot(torch.tensor([2, 0, 2]), 3), torch.randn(3, 50) * 1e6
    assert torch.equal(look_up(symbols, table), table[[2, 0, 2]])
