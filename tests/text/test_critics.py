"""Discriminators of texts: what they see, and their derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from omnigan.domain import EmbeddingDiscriminator
from omnigan.engine.losses import as_list
from omnigan.engine.penalties import Ingredients, penalty
from omnigan.recipe.schema import Penalty
from omnigan_text.networks import Critic, Language, build_discriminator
from omnigan_text.networks.config import CriticBody, Discriminator
from omnigan_text.networks.convolutional import Runs
from omnigan_text.networks.critic import Verdict
from omnigan_text.networks.gumbel import one_hot
from omnigan_text.networks.representations import RepresentationCritic
from omnigan_text.networks.sequential import SequentialCritic

SETTINGS: dict[CriticBody, dict[str, Any]] = {
    "convolutional": {"spans": (1, 2, 3)},
    "representations": {"spans": (1, 2), "representations": 2},
    "attention": {"transformer": {"num_attention_heads": 2, "num_hidden_layers": 1}},
    "sequential": {},
}
ALL: list[CriticBody] = list(SETTINGS)
LANGUAGE = Language(7, 5, ends=True, labels=3)


def built(body: CriticBody, language: Language = LANGUAGE, **more: Any) -> Critic:
    settings = Discriminator(body=body, size=4, width=4, **SETTINGS[body])
    critic = build_discriminator(language, settings, **more)
    with torch.no_grad():
        for weight in critic.parameters():
            weight.add_(torch.randn_like(weight) * 0.2)
    return critic


def texts(count: int, language: Language = LANGUAGE) -> Tensor:
    return torch.randint(language.symbols, (count, language.length)).float()


def labels(count: int) -> Tensor:
    return torch.arange(count) % 3


def listed(judged: Tensor | Sequence[Tensor]) -> list[Tensor]:
    """Return logits by critic, in the precision they have."""
    return [judged] if isinstance(judged, Tensor) else list(judged)


@pytest.mark.parametrize("body", ALL)
def test_logits_have_the_shape_of_the_body(body: CriticBody) -> None:
    logits = built(body)(texts(6), label=labels(6))
    shapes = {
        "convolutional": [(6,)],
        "representations": [(6,), (6,)],
        "attention": [(6,)],
        "sequential": [(6, 5)],
    }
    assert [tuple(each.shape) for each in as_list(logits)] == shapes[body]


@pytest.mark.parametrize("body", ALL)
def test_a_critic_is_its_embedding_and_its_judgement(body: CriticBody) -> None:
    critic = built(body)
    assert isinstance(critic, EmbeddingDiscriminator)
    x = texts(6)
    whole = as_list(critic(x, label=labels(6)))
    parts = as_list(critic.judge(critic.embed(x), label=labels(6)))
    relaxation = as_list(critic(one_hot(x.long(), 7), label=labels(6)))
    for a, b, c in zip(whole, parts, relaxation, strict=True):
        assert torch.equal(a, b)
        torch.testing.assert_close(a, c)
        assert a.std() > 1e-3


@pytest.mark.parametrize("body", ALL)
def test_embeddings_have_one_length_whatever_the_weights(body: CriticBody) -> None:
    critic = built(body)
    every = torch.arange(7).float()[None]
    for _ in range(2):
        squares = critic.embed(every).square().sum(-1)
        torch.testing.assert_close(squares, torch.full((1, 7), 4.0))
        critic.table.rows.data *= torch.rand(7, 1) * 30 + 0.1


@pytest.mark.parametrize("body", ALL)
def test_examples_are_not_mixed(body: CriticBody) -> None:
    critic = built(body)
    x = texts(5)
    other = x.clone()
    other[0] = 6 - other[0]
    for a, b in zip(
        as_list(critic(x, label=labels(5))), as_list(critic(other, label=labels(5))), strict=True
    ):
        torch.testing.assert_close(a[1:], b[1:])
        assert not torch.allclose(a[0], b[0])


@pytest.mark.parametrize("body", ALL)
def test_the_second_derivative_is_that_of_finite_differences(body: CriticBody) -> None:
    language = Language(3, 3, ends=False, labels=3)
    critic = built(body, language).double()
    embedded = critic.embed(texts(2, language)).detach().requires_grad_()

    def score(x: Tensor) -> Tensor:
        return torch.stack(listed(critic.judge(x, label=labels(2))))

    assert torch.autograd.gradcheck(score, embedded)
    assert torch.autograd.gradgradcheck(score, embedded)


@pytest.mark.parametrize("body", ALL)
def test_the_gradient_of_r1_is_that_of_finite_differences(body: CriticBody) -> None:
    language = Language(3, 3, ends=False)
    critic = built(body, language).double()
    embedded = critic.embed(texts(4, language)).detach()

    def r1() -> Tensor:
        x = embedded.clone().requires_grad_()
        total = torch.stack([each.sum() for each in listed(critic.judge(x))]).sum()
        (slope,) = torch.autograd.grad(total, x, create_graph=True)
        return slope.square().sum()

    critic.zero_grad()
    r1().backward()  # type: ignore[no-untyped-call]
    for name, weight in critic.named_parameters():
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
def test_the_engine_can_penalise_and_every_weight_learns(body: CriticBody) -> None:
    critic = built(body)
    real = texts(8)
    embedded = critic.embed(real)
    given = Ingredients(
        lambda x: critic.judge(x, label=labels(8)), embedded, embedded, torch.Generator()
    )
    value = penalty("r1", given, Penalty())
    assert value > 0
    loss = value + sum(each.sum() for each in as_list(critic(real, label=labels(8))))
    loss.backward()
    for name, weight in critic.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.any(), name


@pytest.mark.parametrize("body", ALL)
def test_half_precision_is_nearly_the_same(body: CriticBody) -> None:
    critic = built(body)
    x = texts(8)
    exact = as_list(critic(x, label=labels(8)))
    with torch.autocast("cpu", torch.bfloat16):
        near = as_list(critic(x, label=labels(8)))
    torch.stack([each.sum() for each in near]).sum().backward()
    assert critic.table.rows.grad is not None
    for a, b in zip(near, exact, strict=True):
        torch.testing.assert_close(a, b, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("reward_only", [False, True])
@pytest.mark.parametrize("body", ALL)
def test_a_mere_reward_passes_no_gradient_to_texts(body: CriticBody, reward_only: bool) -> None:
    critic = built(body, reward_only=reward_only)
    x = one_hot(texts(4).long(), 7).requires_grad_()
    sum(each.sum() for each in as_list(critic(x, label=labels(4)))).backward()
    assert (x.grad is None) == reward_only
    assert critic.table.rows.grad is not None


def test_a_verdict_is_a_projection_on_the_label() -> None:
    verdict = Verdict(LANGUAGE, 4)
    features, label = torch.randn(2, 5, 4), torch.tensor([2, 0])
    assert verdict.label is not None
    rows = verdict.label.weight[label]
    dense = verdict(features, label)
    for b in range(2):
        for t in range(5):
            expected = (verdict.out.weight[0] + rows[b] / 2) @ features[b, t] + verdict.out.bias[0]
            torch.testing.assert_close(dense[b, t], expected)
    torch.testing.assert_close(verdict(features[:, 3], label), dense[:, 3])


def test_runs_see_as_many_symbols_as_they_span() -> None:
    runs = Runs(2, 3, (2, 3))
    x = torch.randn(1, 2, 6)
    pooled = []
    for conv, (left, right) in zip(runs.spans, [(0, 1), (1, 1)], strict=True):
        padded = nn.functional.pad(x, (left, right))
        windows = padded.unfold(2, left + right + 1, 1)
        out = torch.einsum("nctk,fck->nft", windows, conv.weight) + conv.bias[:, None]
        out = torch.where(out > 0, out, 0.2 * out)
        assert out.shape == (1, 3, 6)
        pooled += [out.max(2).values, out.mean(2)]
    mixed = runs.mix(torch.cat(pooled, 1))
    torch.testing.assert_close(runs(x), torch.where(mixed > 0, mixed, 0.2 * mixed))


def test_each_representation_has_its_own_part_of_the_embedding_and_the_same_network() -> None:
    critic = built("representations", Language(7, 5))
    assert isinstance(critic, RepresentationCritic)
    embedded = critic.embed(texts(3)).detach().requires_grad_()
    first, second = critic.judge(embedded)
    (slope,) = torch.autograd.grad(first.sum(), embedded)
    assert slope[..., :2].any()
    assert not slope[..., 2:].any()
    with torch.no_grad():
        places = critic.table.places
        assert places is not None
        places.copy_(places.roll(2, 1))
    swapped = critic.judge(embedded.roll(2, 2))
    torch.testing.assert_close(swapped[0], second)
    torch.testing.assert_close(swapped[1], first)


def test_a_sequential_critic_judges_by_what_was_written_so_far() -> None:
    critic = built("sequential", Language(7, 5))
    embedded = critic.embed(texts(2)).detach().requires_grad_()
    logits = critic.judge(embedded)
    assert isinstance(logits, Tensor)
    for place in range(5):
        (slope,) = torch.autograd.grad(logits[:, place].sum(), embedded, retain_graph=True)
        assert slope[:, : place + 1].abs().amin((0, 2)).gt(0).all()
        assert not slope[:, place + 1 :].any()


def test_without_normalisation_its_units_are_those_of_torch() -> None:
    critic = built("sequential", Language(7, 5))
    assert isinstance(critic, SequentialCritic)
    critic.units.seen = nn.Identity()  # type: ignore[assignment]
    critic.units.remembered = nn.Identity()  # type: ignore[assignment]
    gru = nn.GRU(4, 4, bias=False, batch_first=True)
    with torch.no_grad():
        gru.weight_ih_l0.copy_(critic.units.see.weight)
        gru.weight_hh_l0.copy_(critic.units.remember.weight)
    x = torch.randn(3, 5, 4)
    torch.testing.assert_close(critic.units(x), gru(x)[0])
