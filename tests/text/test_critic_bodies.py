"""What each kind of discriminator of texts computes, against the same written out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from omnigan_text.networks import Language
from omnigan_text.networks.config import CriticBody
from omnigan_text.networks.convolutional import Runs
from omnigan_text.networks.critic import Verdict
from omnigan_text.networks.representations import RepresentationCritic
from omnigan_text.networks.sequential import SequentialCritic

LANGUAGE = Language(7, 5, labels=3)
Make = Callable[..., Any]


def texts(count: int) -> Tensor:
    return torch.randint(7, (count, 5)).float()


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


def test_each_representation_has_its_own_part_of_the_embedding_and_the_same_network(
    critic: Make,
) -> None:
    network = critic(Language(7, 5), "representations")
    assert isinstance(network, RepresentationCritic)
    embedded = network.embed(texts(3)).detach().requires_grad_()
    first, second = network.judge(embedded)
    (slope,) = torch.autograd.grad(first.sum(), embedded)
    assert slope[..., :2].any()
    assert not slope[..., 2:].any()
    with torch.no_grad():
        places = network.table.places
        assert places is not None
        places.copy_(places.roll(2, 1))
    swapped = network.judge(embedded.roll(2, 2))
    torch.testing.assert_close(swapped[0], second)
    torch.testing.assert_close(swapped[1], first)


@pytest.mark.parametrize("body", ["sequential", "causal"])
def test_what_judges_each_symbol_does_so_by_what_was_written_so_far(
    critic: Make, body: CriticBody
) -> None:
    network = critic(Language(7, 5), body)
    embedded = network.embed(texts(2)).detach().requires_grad_()
    logits = network.judge(embedded)
    for place in range(5):
        (slope,) = torch.autograd.grad(logits[:, place].sum(), embedded, retain_graph=True)
        assert slope[:, : place + 1].abs().amin((0, 2)).gt(0).all()
        assert not slope[:, place + 1 :].any()


def test_without_normalisation_its_units_are_those_of_torch(critic: Make) -> None:
    network = critic(Language(7, 5), "sequential")
    assert isinstance(network, SequentialCritic)
    network.units.seen = nn.Identity()  # type: ignore[assignment]
    network.units.remembered = nn.Identity()  # type: ignore[assignment]
    gru = nn.GRU(4, 4, bias=False, batch_first=True)
    with torch.no_grad():
        gru.weight_ih_l0.copy_(network.units.see.weight)
        gru.weight_hh_l0.copy_(network.units.remember.weight)
    x = torch.randn(3, 5, 4)
    torch.testing.assert_close(network.units(x), gru(x)[0])


def test_a_causal_critic_is_linear_in_each_symbol_at_its_place(critic: Make) -> None:
    """So its gradient says exactly what every other symbol would have got there."""
    network = critic(LANGUAGE, "causal").double()
    x, label = texts(3), torch.tensor([2, 0, 1])
    embedded = network.embed(x).detach().requires_grad_()
    logits = network.judge(embedded, label)
    every = network.embed(torch.arange(7).float()[None]).detach()[0]
    for place in range(5):
        (slope,) = torch.autograd.grad(logits[:, place].sum(), embedded, retain_graph=True)
        for symbol in range(7):
            other = x.clone()
            other[:, place] = symbol
            change = (slope[:, place] * (every[symbol] - embedded[:, place])).sum(1)
            found = network(other, label=label)[:, place]
            torch.testing.assert_close(found, logits[:, place] + change, rtol=1e-12, atol=1e-12)
            if place:
                assert not torch.allclose(network(other, label=label), logits)


@pytest.mark.parametrize("labels", [0, 3])
def test_a_causal_critic_is_a_projection_on_the_text_so_far(critic: Make, labels: int) -> None:
    """Against gated recurrent units written out."""
    network = critic(Language(7, 5, labels=labels), "causal")
    embedded, label = network.embed(texts(2)), torch.tensor([2, 0])
    units, state = network.units, torch.zeros(2, 4)
    logits = network.judge(embedded, label=label if labels else None)
    for place in range(5):
        seen = network.first.expand(2, 4)
        if place:
            seen = embedded[:, place - 1] + network.table.places[place - 1]
        if labels:
            seen = seen + network.label.weight[label]
        gates = units.weight_ih_l0 @ seen.T + units.bias_ih_l0[:, None]
        old = units.weight_hh_l0 @ state.T + units.bias_hh_l0[:, None]
        reset, update = (gates[:8] + old[:8]).T.sigmoid().chunk(2, 1)
        new = (gates[8:].T + reset * old[8:].T).tanh()
        state = (1 - update) * new + update * state
        expected = network.expected(state) + network.symbol.weight
        logit = (expected * embedded[:, place]).sum(1) / 2 + network.state(state)[:, 0]
        torch.testing.assert_close(logits[:, place], logit)


def test_word_dropout_hides_symbols_before_but_never_the_one_that_is_judged(critic: Make) -> None:
    network = critic(Language(7, 5), "causal")
    network.word_dropout = 0.3
    embedded = network.embed(texts(4000)).detach().requires_grad_()
    last = network.judge(embedded)[:, 4]
    (slope,) = torch.autograd.grad(last.sum(), embedded)
    hidden = slope.abs().sum(2).eq(0).float()
    assert not hidden[:, 4].any()
    # Five standard errors of a share of 4,000.
    torch.testing.assert_close(hidden[:, :4].mean(0), torch.full((4,), 0.3), rtol=0, atol=0.036)
    both = torch.corrcoef(hidden[:, :4].T) - torch.eye(4)
    assert both.abs().max() < 0.08, "each is hidden for itself"
    network.eval()
    torch.testing.assert_close(network.judge(embedded), network.judge(embedded))
    (slope,) = torch.autograd.grad(network.judge(embedded)[:, 4].sum(), embedded)
    assert slope.abs().sum(2).gt(0).all(), "and none when it is used"


def test_a_hidden_symbol_still_has_its_place(critic: Make) -> None:
    network = critic(Language(7, 5), "causal")
    network.word_dropout = 1 - 1e-9  # every one
    embedded = network.embed(texts(2))
    got = network.judge(embedded)
    network.word_dropout = 0.0
    for place in range(5):
        blank = embedded.clone()
        blank[:, :place] = 0
        torch.testing.assert_close(got[:, place], network.judge(blank)[:, place])
