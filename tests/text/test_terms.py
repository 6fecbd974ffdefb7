"""The auxiliary loss that asks for the frequencies of the training texts."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from omnigan_text.networks.language import Language
from omnigan_text.terms import RARE, frequency_gap, rates

LANGUAGE = Language(symbols=5, length=6)
IDS = torch.tensor([[1, 2, 2, 0, 0, 0], [3, 1, 4, 4, 4, 0]])
SHARES = torch.tensor([0.55, 0.25, 0.15, 0.04, 0.01])


def rows(ids: Tensor) -> Tensor:
    return one_hot(ids, LANGUAGE.symbols).float()


def drawn(shares: Tensor, n: int) -> Tensor:
    """Return texts without ends, whose symbols are drawn one by one."""
    return shares.multinomial(n * LANGUAGE.length, replacement=True).view(n, LANGUAGE.length)


def test_rates_are_counts_in_a_text_without_ends() -> None:
    counted = torch.tensor([1.0, 1.0, 0.5, 1.5])
    assert torch.equal(rates(IDS.float(), LANGUAGE), counted)
    assert torch.equal(rates(rows(IDS), LANGUAGE), counted)
    endless = Language(symbols=5, length=6, ends=False)
    assert torch.equal(rates(rows(IDS), endless), torch.tensor([2.0, 1.0, 1.0, 0.5, 1.5]))


def test_the_gap_of_two_equal_halves_is_a_chi_squared_distance() -> None:
    wanted = torch.tensor([2.0, 1.0, 0.0, 1.0])
    found = frequency_gap(rows(torch.cat([IDS, IDS])), wanted, LANGUAGE)
    expected = 1 / (2 + RARE) + 0.25 / RARE + 0.25 / (1 + RARE)
    assert found == pytest.approx(expected, rel=1e-5)


def test_it_is_no_smaller_for_texts_that_vary_less() -> None:
    """Its mean is 0 where frequencies are right, whatever the variance; a square's would not be."""
    endless = Language(symbols=5, length=6, ends=False)
    wanted = 6 * SHARES
    varied = [frequency_gap(rows(drawn(SHARES, 64)), wanted, endless) for _ in range(600)]
    found = torch.stack(varied)
    assert abs(found.mean()) < 4 * found.std() / len(found) ** 0.5
    assert found.std() > 0.01


def test_its_gradient_leads_to_the_wanted_frequencies() -> None:
    endless = Language(symbols=5, length=6, ends=False)
    logits = torch.zeros(5, requires_grad=True)
    optimizer = torch.optim.SGD([logits], 0.05)
    for _ in range(800):
        soft = logits.softmax(0).expand(64, 6, 5)
        hard = rows(drawn(soft[0, 0].detach(), 64))
        optimizer.zero_grad()
        frequency_gap(hard + soft - soft.detach(), 6 * SHARES, endless).backward()
        optimizer.step()
    assert torch.allclose(logits.softmax(0), SHARES, atol=0.02)
