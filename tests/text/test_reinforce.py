"""The gradient of rewards, against sums over everything that could have been written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from omnigan_text.networks import Language, Writer, build_generator
from omnigan_text.networks.config import Body, Generator
from omnigan_text.networks.gumbel import one_hot
from omnigan_text.networks.reinforce import reinforce_term

Credit = Callable[[Tensor], Tensor]
"""From ids ``[N, T]`` to logits ``[N]`` or ``[N, T]``."""


def writer(language: Language, body: Body = "recurrent") -> Writer:
    keys = {"transformer": {"n_layer": 1, "n_head": 2}} if body == "transformer" else {}
    options = Generator(body=body, width=8, estimator="reinforce", **keys)
    generator = build_generator(language, options)
    with torch.no_grad():
        for weight in generator.parameters():
            weight.add_(torch.randn_like(weight) * 0.4)
    assert isinstance(generator, Writer)
    return generator.train()


def every_text(language: Language) -> Tensor:
    texts = product(range(language.symbols), repeat=language.length)
    if language.ends:
        texts = (t for t in texts if 0 not in t or not any(t[t.index(0) :]))
    return torch.tensor(list(texts))


def batches(generator: Writer, size: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Give every batch: its ids, what the generator writes, and how likely it is.

    Noise that is large for one symbol and small for all others makes the generator write it.
    """
    language = generator.language
    texts = every_text(language)
    with torch.no_grad():
        likely = generator.log_likelihood(texts).exp()
    for rows in product(range(len(texts)), repeat=size):
        ids = texts[list(rows)]
        rows_written = generator(16 * one_hot(ids, language.symbols) - 8)
        assert torch.equal(rows_written.argmax(-1), ids)
        yield ids, rows_written, likely[list(rows)].prod()


def expected_slope(generator: Writer, critic: Credit, discount: float) -> list[Tensor]:
    """Return the mean gradient of the term over all batches of two."""
    ends = generator.language.ends
    terms = [
        likely * reinforce_term(written, critic(ids), discount, ends)
        for ids, written, likely in batches(generator, 2)
    ]
    return list(torch.autograd.grad(torch.stack(terms).sum(), list(generator.parameters())))


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
def test_the_expected_gradient_is_that_of_the_expected_reward_of_texts(body: Body) -> None:
    generator = writer(Language(3, 2, ends=False), body)
    texts = every_text(generator.language)
    reward = (generator.log_likelihood(texts).exp() * rewards(whole(texts))).sum()
    exact = [-s for s in torch.autograd.grad(reward, list(generator.parameters()))]
    assert_all_close(expected_slope(generator, whole, 0.23), exact)


@pytest.mark.parametrize("ends", [False, True])
def test_undiscounted_it_is_that_of_the_expected_sum_of_rewards(ends: bool) -> None:
    generator = writer(Language(3, 2, ends))
    texts = every_text(generator.language)
    earned = rewards(dense(texts))
    if ends:
        earned[texts[:, 0] == 0, 1] = 0
    reward = (generator.log_likelihood(texts).exp() * earned.sum(1)).sum()
    exact = [-s for s in torch.autograd.grad(reward, list(generator.parameters()))]
    assert_all_close(expected_slope(generator, dense, 1.0), exact)


def test_discounted_each_reward_counts_less_for_symbols_long_before_it() -> None:
    generator = writer(Language(3, 2, ends=False))
    texts = every_text(generator.language)
    likely = generator.log_likelihood(texts).exp()
    first = likely.view(3, 3).sum(1).log().repeat_interleave(3)  # of the first symbol alone
    second = likely.log() - first
    now, then = rewards(dense(texts)).unbind(1)
    surrogate = (likely.detach() * (first * (now + 0.3 * then) + second * then)).sum()
    exact = [-s for s in torch.autograd.grad(surrogate, list(generator.parameters()))]
    assert_all_close(expected_slope(generator, dense, 0.3), exact)


@settings(max_examples=30)
@given(st.integers(0, 1000), st.floats(0, 1), st.booleans(), st.integers(2, 5))
def test_it_is_the_loop_of_the_textbook(seed: int, discount: float, ends: bool, count: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    ids = torch.randint(4, (count, 6), generator=rng)
    logits = torch.randn(count, 6, generator=rng) * 3
    rows = one_hot(ids, 4).requires_grad_()
    lives = [[not (ends and 0 in text[:place]) for place in range(6)] for text in ids.tolist()]
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
    assert reinforce_term(rows, sure, 0.5, ends=True).item() == pytest.approx((3 - 2) / 5)
    each = torch.full((2, 3), 50.0)
    assert reinforce_term(rows, each, 0.5).item() == pytest.approx(-(1.75 + 1.5 + 1) / 3)


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
