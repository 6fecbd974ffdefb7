"""The gradient of rewards, against sums over everything that could have been written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from omnigan_text.networks import Language, Writer
from omnigan_text.networks.config import Body
from omnigan_text.networks.gumbel import one_hot
from omnigan_text.networks.language import lengths_of
from omnigan_text.networks.reinforce import reinforce_term

Credit = Callable[[Tensor], Tensor]
"""From ids ``[N, T]`` to logits ``[N]`` or ``[N, T]``."""
Written = tuple[Tensor, Tensor, Tensor]
"""A batch's ids ``[B, T]``, what the generator writes ``[B, T, V]``, and how likely that is."""
Make = Callable[..., Any]


@pytest.fixture
def writer(shaken: Make) -> Callable[..., Writer]:
    """Return a function that makes a generator to be trained by rewards."""

    def make(language: Language, body: Body = "recurrent") -> Writer:
        generator: Writer = shaken(language, body, estimator="reinforce")
        return generator.train()

    return make


@pytest.fixture
def batches(every_text: Make, noise_of: Make) -> Callable[..., Iterator[Written]]:
    """Return a function that gives every batch of a size.

    Noise that is large for one symbol and small for all others makes the generator write it.
    """

    def every(generator: Writer, size: int) -> Iterator[Written]:
        language = generator.language
        texts = every_text(language)
        with torch.no_grad():
            likely = generator.log_likelihood(texts).exp()
        for rows in product(range(len(texts)), repeat=size):
            ids = texts[list(rows)]
            noise = {"noise": 16 * one_hot(ids, language.symbols) - 8}
            if language.ends:
                noise["length"] = noise_of(generator, lengths_of(ids))
            rows_written = generator(**noise)
            assert torch.equal(rows_written.argmax(-1), ids)
            yield ids, rows_written, likely[list(rows)].prod()

    return every


@pytest.fixture
def expected_slope(batches: Make) -> Callable[..., list[Tensor]]:
    """Return a function that gives the mean gradient of the term over all batches of two."""

    def mean(generator: Writer, critic: Credit, discount: float) -> list[Tensor]:
        ends = generator.language.ends
        terms = [
            likely * reinforce_term(written, critic(ids), discount, ends)
            for ids, written, likely in batches(generator, 2)
        ]
        total = torch.stack(terms).sum()
        return list(torch.autograd.grad(total, trained(generator), materialize_grads=True))

    return mean


def trained(generator: Writer) -> list[Tensor]:
    return list(generator.parameters())


def slopes_of(total: Tensor, generator: Writer) -> list[Tensor]:
    """Return the gradient that makes a total larger, as a loss has it."""
    found = torch.autograd.grad(total, trained(generator), materialize_grads=True)
    return [-slope for slope in found]


def assert_all_close(slopes: list[Tensor], expected: list[Tensor]) -> None:
    assert max(float(slope.abs().max()) for slope in expected) > 1e-3
    for slope, right in zip(slopes, expected, strict=True):
        torch.testing.assert_close(slope, right, rtol=1e-3, atol=1e-6)


def dense(ids: Tensor) -> Tensor:
    """Logits ``[N, T]``, each of which depends on the symbols up to its place."""
    codes = (ids.float() + 1).cumsum(1) * torch.tensor([1.7, -2.3, 0.9])[: ids.shape[1]]
    return codes.sin() * 2


def whole(ids: Tensor) -> Tensor:
    """Logits ``[N]`` of whole texts."""
    return dense(ids).sum(1)


def rewards(logits: Tensor) -> Tensor:
    return (logits / 2).tanh()  # 2 sigmoid(D) - 1


@pytest.mark.parametrize("body", ["recurrent", "memory", "transformer"])
def test_the_expected_gradient_is_that_of_the_expected_reward_of_texts(
    writer: Make, every_text: Make, expected_slope: Make, body: Body
) -> None:
    generator = writer(Language(3, 2, ends=False), body)
    texts = every_text(generator.language)
    reward = (generator.log_likelihood(texts).exp() * rewards(whole(texts))).sum()
    assert_all_close(expected_slope(generator, whole, 0.23), slopes_of(reward, generator))


@pytest.mark.parametrize("ends", [False, True])
def test_undiscounted_it_is_that_of_the_expected_sum_of_rewards_before_the_end(
    writer: Make, every_text: Make, expected_slope: Make, ends: bool
) -> None:
    generator = writer(Language(3, 2, ends))
    texts = every_text(generator.language)
    earned = rewards(dense(texts))
    if ends:
        earned[texts == 0] = 0
    reward = (generator.log_likelihood(texts).exp() * earned.sum(1)).sum()
    assert_all_close(expected_slope(generator, dense, 1.0), slopes_of(reward, generator))


def test_discounted_each_reward_counts_less_for_symbols_long_before_it(
    writer: Make, every_text: Make, expected_slope: Make
) -> None:
    generator = writer(Language(3, 2, ends=False))
    texts = every_text(generator.language)
    likely = generator.log_likelihood(texts).exp()
    first = likely.view(3, 3).sum(1).log().repeat_interleave(3)  # of the first symbol alone
    second = likely.log() - first
    now, then = rewards(dense(texts)).unbind(1)
    surrogate = (likely.detach() * (first * (now + 0.3 * then) + second * then)).sum()
    assert_all_close(expected_slope(generator, dense, 0.3), slopes_of(surrogate, generator))


@settings(max_examples=30)
@given(st.integers(0, 1000), st.floats(0, 1), st.booleans(), st.integers(2, 5))
def test_it_is_the_loop_of_the_textbook(seed: int, discount: float, ends: bool, count: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    ids = torch.randint(4, (count, 6), generator=rng)
    if ends:
        ids = ids * (ids == 0).cumsum(1).eq(0)
    logits = torch.randn(count, 6, generator=rng) * 3
    rows = one_hot(ids, 4).requires_grad_()
    lives = [[not (ends and 0 in text[: place + 1]) for place in range(6)] for text in ids.tolist()]
    returns = [[0.0] * 7 for _ in range(count)]
    for b, t in product(range(count), reversed(range(6))):
        reward = float(rewards(logits[b, t])) if lives[b][t] else 0.0
        returns[b][t] = reward + discount * returns[b][t + 1]
    (slope,) = torch.autograd.grad(reinforce_term(rows, logits, discount, ends), rows)
    for b, t in product(range(count), range(6)):
        others = [returns[c][t] for c in range(count) if c != b and lives[c][t]]
        baseline = sum(others) / len(others) if others else 0.0
        advantage = returns[b][t] - baseline if lives[b][t] else 0.0
        assert slope[b, t].tolist() == pytest.approx([-advantage / count] * 4, abs=1e-5)


def test_its_value_is_minus_what_a_symbol_earned() -> None:
    rows = one_hot(torch.tensor([[1, 0, 0], [2, 1, 2]]), 3).requires_grad_()
    sure = torch.tensor([50.0, -50.0])  # rewards 1 and -1
    assert reinforce_term(rows, sure, 0.5).item() == pytest.approx(0)
    assert reinforce_term(rows, sure, 0.5, ends=True).item() == pytest.approx((3 - 1) / 4)
    each = torch.full((2, 3), 50.0)
    assert reinforce_term(rows, each, 0.5).item() == pytest.approx(-(1.75 + 1.5 + 1) / 3)


def test_texts_without_a_symbol_earn_nothing() -> None:
    rows = one_hot(torch.zeros(3, 4, dtype=torch.long), 3).requires_grad_()
    value = reinforce_term(rows, torch.randn(3), 0.5, ends=True)
    assert value.item() == 0
    assert not torch.autograd.grad(value, rows)[0].any()


def test_several_critics_are_averaged() -> None:
    rows = one_hot(torch.randint(3, (4, 5)), 3).requires_grad_()
    critics = [torch.randn(4), torch.randn(4), torch.randn(4, 5)]

    def slope(logits: Tensor | list[Tensor]) -> Tensor:
        return torch.autograd.grad(reinforce_term(rows, logits, 0.5), rows)[0]

    alone = torch.stack([slope(each) for each in critics]).mean(0)
    torch.testing.assert_close(slope(critics), alone)


def test_critics_get_no_gradient_and_one_example_is_enough() -> None:
    rows = one_hot(torch.tensor([[1, 2]]), 3).requires_grad_()
    logits = torch.zeros(1, 2, requires_grad=True)
    reinforce_term(rows, logits + 1, 0.5).backward()
    assert logits.grad is None
    assert rows.grad is not None
    assert rows.grad.isfinite().all()
