"""Discriminators of texts: what they see, and their derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from omnigan.domain import EmbeddingDiscriminator
from omnigan.engine.losses import as_list
from omnigan.engine.penalties import Ingredients, penalty
from omnigan.recipe.schema import Penalty
from omnigan_text.networks import Language
from omnigan_text.networks.config import CriticBody
from omnigan_text.networks.gumbel import one_hot

ALL: list[CriticBody] = ["causal", "convolutional", "representations", "attention", "sequential"]
Make = Callable[..., Any]
LANGUAGE = Language(7, 5, ends=True, labels=3)


def texts(count: int, language: Language = LANGUAGE) -> Tensor:
    return torch.randint(language.symbols, (count, language.length)).float()


def labels(count: int) -> Tensor:
    return torch.arange(count) % 3


def listed(judged: Tensor | Sequence[Tensor]) -> list[Tensor]:
    """Return logits by critic, in the precision they have."""
    return [judged] if isinstance(judged, Tensor) else list(judged)


@pytest.mark.parametrize("body", ALL)
def test_logits_have_the_shape_of_the_body(critic: Make, body: CriticBody) -> None:
    logits = critic(LANGUAGE, body)(texts(6), label=labels(6))
    shapes = {
        "causal": [(6, 5)],
        "convolutional": [(6,)],
        "representations": [(6,), (6,)],
        "attention": [(6,)],
        "sequential": [(6, 5)],
    }
    assert [tuple(each.shape) for each in as_list(logits)] == shapes[body]


@pytest.mark.parametrize("body", ALL)
def test_a_critic_is_its_embedding_and_its_judgement(critic: Make, body: CriticBody) -> None:
    network = critic(LANGUAGE, body)
    assert isinstance(network, EmbeddingDiscriminator)
    x = texts(6)
    whole = as_list(network(x, label=labels(6)))
    parts = as_list(network.judge(network.embed(x), label=labels(6)))
    relaxation = as_list(network(one_hot(x.long(), 7), label=labels(6)))
    for a, b, c in zip(whole, parts, relaxation, strict=True):
        assert torch.equal(a, b)
        torch.testing.assert_close(a, c)
        assert a.std() > 1e-3


@pytest.mark.parametrize("body", ALL)
def test_embeddings_have_one_length_whatever_the_weights(critic: Make, body: CriticBody) -> None:
    network = critic(LANGUAGE, body)
    every = torch.arange(7).float()[None]
    for _ in range(2):
        squares = network.embed(every).square().sum(-1)
        torch.testing.assert_close(squares, torch.full((1, 7), 4.0))
        network.table.rows.data *= torch.rand(7, 1) * 30 + 0.1


@pytest.mark.parametrize("body", ALL)
def test_examples_are_not_mixed(critic: Make, body: CriticBody) -> None:
    network = critic(LANGUAGE, body)
    x = texts(5)
    other = x.clone()
    other[0] = 6 - other[0]
    for a, b in zip(
        as_list(network(x, label=labels(5))), as_list(network(other, label=labels(5))), strict=True
    ):
        torch.testing.assert_close(a[1:], b[1:])
        assert not torch.allclose(a[0], b[0])


@pytest.mark.parametrize("body", ALL)
def test_the_second_derivative_is_that_of_finite_differences(
    critic: Make, body: CriticBody
) -> None:
    language = Language(3, 3, ends=False, labels=3)
    network = critic(language, body).double()
    embedded = network.embed(texts(2, language)).detach().requires_grad_()

    def score(x: Tensor) -> Tensor:
        return torch.stack(listed(network.judge(x, label=labels(2))))

    assert torch.autograd.gradcheck(score, embedded)
    assert torch.autograd.gradgradcheck(score, embedded)


@pytest.mark.parametrize("body", ALL)
def test_the_gradient_of_r1_is_that_of_finite_differences(critic: Make, body: CriticBody) -> None:
    language = Language(3, 3, ends=False)
    network = critic(language, body).double()
    embedded = network.embed(texts(4, language)).detach()

    def r1() -> Tensor:
        x = embedded.clone().requires_grad_()
        total = torch.stack([each.sum() for each in listed(network.judge(x))]).sum()
        (slope,) = torch.autograd.grad(total, x, create_graph=True)
        return slope.square().sum()

    network.zero_grad()
    r1().backward()  # type: ignore[no-untyped-call]
    for name, weight in network.named_parameters():
        if weight.grad is None or not weight.grad.any():
            continue
        direction = torch.randn_like(weight)
        expected = float((weight.grad * direction).sum())
        start, around = weight.detach().clone(), []
        for move in (1e-6, -1e-6):
            weight.data = start + move * direction
            around.append(float(r1().detach()))
        weight.data = start
        slope = (around[0] - around[1]) / 2e-6
        assert slope == pytest.approx(expected, rel=1e-4, abs=1e-6), name


@pytest.mark.parametrize("body", ALL)
def test_the_engine_can_penalise_and_every_weight_learns(critic: Make, body: CriticBody) -> None:
    network = critic(LANGUAGE, body)
    real = texts(8)
    embedded = network.embed(real)
    given = Ingredients(
        lambda x: network.judge(x, label=labels(8)), embedded, embedded, torch.Generator()
    )
    value = penalty("r1", given, Penalty())
    assert value > 0
    loss = value + sum(each.sum() for each in as_list(network(real, label=labels(8))))
    loss.backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.any(), name


@pytest.mark.parametrize("body", ALL)
def test_half_precision_is_nearly_the_same(critic: Make, body: CriticBody) -> None:
    network = critic(LANGUAGE, body)
    x = texts(8)
    exact = as_list(network(x, label=labels(8)))
    with torch.autocast("cpu", torch.bfloat16):
        near = as_list(network(x, label=labels(8)))
    torch.stack([each.sum() for each in near]).sum().backward()
    assert network.table.rows.grad is not None
    for a, b in zip(near, exact, strict=True):
        torch.testing.assert_close(a, b, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("reward_only", [False, True])
@pytest.mark.parametrize("body", ALL)
def test_a_mere_reward_passes_no_gradient_to_texts(
    critic: Make, body: CriticBody, reward_only: bool
) -> None:
    network = critic(LANGUAGE, body, reward_only)
    x = one_hot(texts(4).long(), 7).requires_grad_()
    sum(each.sum() for each in as_list(network(x, label=labels(4)))).backward()
    assert (x.grad is None) == reward_only
    assert network.table.rows.grad is not None
