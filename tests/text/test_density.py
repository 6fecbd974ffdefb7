"""Generators write as often as their density says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from omnigan_text.networks import Language
from omnigan_text.networks.config import Body
from omnigan_text.networks.language import lengths_of

WRITERS: list[Body] = ["recurrent", "memory", "transformer"]
Make = Callable[..., Any]


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("body", WRITERS)
def test_probabilities_of_all_texts_sum_to_one(
    shaken: Make, inputs: Make, every_text: Make, body: Body, ends: bool
) -> None:
    language = Language(3, 4, ends, labels=2)
    generator = shaken(language, body, z=3)
    texts = every_text(language)
    given = inputs(generator, 1, body)
    same = {name: given[name].expand(len(texts), *given[name].shape[1:]) for name in ("z", "label")}
    for heat in (0.5, 1.0, 1.7):
        temperature = torch.full((len(texts),), heat)
        with torch.no_grad():
            log = generator.log_likelihood(texts, **same, temperature=temperature)
        assert log.std() > 0.1
        assert log.double().exp().sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("body", WRITERS)
def test_samples_have_the_density_at_any_temperature(
    shaken: Make,
    inputs: Make,
    every_text: Make,
    assert_drawn_from: Make,
    *,
    body: Body,
    ends: bool,
) -> None:
    language = Language(3, 3, ends)
    generator = shaken(language, body)
    texts = every_text(language)
    for heat in (0.6, 1.0):
        temperature = torch.full((20_000,), heat)
        with torch.no_grad():
            made = generator(**inputs(generator, 20_000, body), temperature=temperature)
            log = generator.log_likelihood(texts, temperature=temperature[: len(texts)])
        assert_drawn_from(made, texts, log.exp())


def test_samples_have_the_density_of_their_label(
    shaken: Make, inputs: Make, every_text: Make, assert_drawn_from: Make
) -> None:
    language = Language(3, 3, labels=2)
    generator = shaken(language)
    texts = every_text(language)
    given = inputs(generator, 20_000)
    densities = []
    for label in (0, 1):
        given["label"] = torch.full((20_000,), label)
        with torch.no_grad():
            made = generator(**given)
            log = generator.log_likelihood(texts, label=given["label"][: len(texts)])
        assert_drawn_from(made, texts, log.exp())
        densities.append(log.exp())
    assert (densities[0] - densities[1]).abs().max() > 0.02


@pytest.mark.parametrize("ends", [False, True])
def test_one_shot_samples_have_the_probabilities_of_each_place(
    shaken: Make,
    inputs: Make,
    noise_of: Make,
    every_text: Make,
    assert_drawn_from: Make,
    *,
    ends: bool,
) -> None:
    language = Language(3, 3, ends)
    generator = shaken(language, "one-shot", z=4, estimator="soft")
    texts = every_text(language)
    given = inputs(generator, 20_000, "one-shot")
    given["z"] = given["z"][:1].expand(20_000, -1)
    with torch.no_grad():
        made = generator(**given)
        # Noise that is the same for all symbols leaves a softmax, for texts as long as each is.
        alike = {"noise": torch.zeros(len(texts), 3, 3), "z": given["z"][: len(texts)]}
        if ends:
            alike["length"] = noise_of(generator, lengths_of(texts))
        rows = generator.train()(**alike)
        shares = rows.gather(2, texts.unsqueeze(2)).squeeze(2).prod(1)
    if ends:
        shares = shares * generator.lengths.shares[0, lengths_of(texts)]
    assert_drawn_from(made, texts, shares)


@pytest.mark.parametrize("body", WRITERS)
def test_what_stands_after_an_end_makes_no_difference(shaken: Make, body: Body) -> None:
    generator = shaken(Language(5, 6), body)
    texts = torch.tensor([[1, 2, 0, 0, 0, 0], [1, 2, 0, 4, 0, 3]])
    log = generator.log_likelihood(texts)
    assert log[0].item() == pytest.approx(log[1].item(), abs=1e-5)
    assert log.isfinite().all()


@pytest.mark.parametrize("body", WRITERS)
def test_log_likelihood_has_a_gradient(shaken: Make, every_text: Make, body: Body) -> None:
    language = Language(3, 3, labels=2)
    generator = shaken(language, body, z=4)
    texts = every_text(language)
    label, z = torch.arange(len(texts)) % 2, torch.randn(len(texts), 4)
    generator.log_likelihood(texts, z, label).sum().backward()
    for name, weight in generator.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.any(), name


def test_temperature_leaves_lengths_as_they_are(shaken: Make, inputs: Make) -> None:
    generator = shaken(Language(6, 5))
    given = inputs(generator, 200)
    texts = [generator(**given, temperature=torch.full((200,), heat)) for heat in (0.1, 1.0, 9.0)]
    lengths = [lengths_of(each) for each in texts]
    assert all(torch.equal(each, lengths[0]) for each in lengths)
    assert len(lengths[0].unique()) > 2
    assert not torch.equal(texts[0], texts[1])


def log_of_rest(log: Tensor, begins: Tensor) -> Tensor:
    """Return log-probabilities ``[N]`` given that a text is among those marked in ``[N]``."""
    return (log - log[begins].logsumexp(0)).masked_fill(~begins, -torch.inf)


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("body", WRITERS)
def test_a_prefix_stands_and_the_rest_follows_from_it(
    shaken: Make,
    inputs: Make,
    every_text: Make,
    assert_drawn_from: Make,
    *,
    body: Body,
    ends: bool,
) -> None:
    """Where texts end, a length that leaves room is drawn first, and what follows is given it."""
    language = Language(4, 3, ends)
    generator = shaken(language, body)
    texts = every_text(language)
    prefix = torch.tensor([3, -1, -1])
    begins, lengths = texts[:, 0] == 3, lengths_of(texts)
    with torch.no_grad():
        made = generator(**inputs(generator, 10_000, body), prefix=prefix.expand(10_000, -1))
        log = generator.log_likelihood(texts)
    if not ends:
        expected = log_of_rest(log, begins).exp()
    else:
        shares = generator.lengths.shares[0]
        expected = torch.stack(
            [
                shares[length]
                / shares[1:].sum()
                * log_of_rest(log, begins & (lengths == length)).exp()
                for length in (1, 2, 3)
            ]
        ).sum(0)
    assert_drawn_from(made, texts, expected)
