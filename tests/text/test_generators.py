"""What every generator of texts does, whatever its body and its way past the choice of symbols."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch

from omnigan_text.networks import Language, build_generator
from omnigan_text.networks.config import Body, Generator
from omnigan_text.networks.language import lengths_of

ALL: list[Body] = ["recurrent", "memory", "transformer", "one-shot"]
ESTIMATORS = ["straight-through", "soft", "reinforce"]
Make = Callable[..., Any]


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("body", ALL)
def test_training_and_sampling_choose_the_same_symbols(
    shaken: Make, inputs: Make, body: Body, estimator: str
) -> None:
    generator = shaken(Language(6, 5, labels=3), body, z=4, estimator=estimator)
    given = inputs(generator, 64, body)
    ids = generator(**given)
    assert ids.dtype == torch.float32
    assert ids.shape == (64, 5)
    rows = generator.train()(**given, relaxation=1e-3)
    assert rows.shape == (64, 5, 6)
    torch.testing.assert_close(rows.sum(-1), torch.ones(64, 5))
    agree = (rows.argmax(-1) == ids).all(1).float().mean()
    assert agree == 1 if estimator != "soft" else agree > 0.9  # softness feeds back
    if estimator != "soft":
        assert torch.equal(rows.amax(-1), torch.ones(64, 5))
    with torch.no_grad():
        shape = generator(**given).shape
    assert shape == (rows if estimator == "soft" else ids).shape


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("body", ALL)
def test_a_text_ends_where_its_length_says_and_nothing_comes_after(
    shaken: Make, inputs: Make, noise_of: Make, body: Body, estimator: str
) -> None:
    generator = shaken(Language(3, 6), body, estimator=estimator)
    given = inputs(generator, 70, body)
    lengths = torch.arange(70) % 7
    given["length"] = noise_of(generator, lengths)
    ids = generator(**given)
    assert torch.equal(lengths_of(ids), lengths)
    after = torch.arange(6) >= lengths.unsqueeze(1)
    assert not ids[after].any()
    rows = generator.train()(**given)
    assert (rows[after] == torch.tensor([1.0, 0.0, 0.0])).all()
    assert not rows[~after][:, 0].any()
    slopes = torch.autograd.grad(rows[after].sum(), list(generator.parameters()), allow_unused=True)
    assert not any(slope is not None and slope.any() for slope in slopes)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("body", ALL)
def test_gradient_reaches_every_weight(
    shaken: Make, inputs: Make, body: Body, estimator: str
) -> None:
    generator = shaken(Language(6, 5, labels=3), body, z=4, estimator=estimator).train()
    rows = generator(**inputs(generator, 32, body))
    (rows * torch.randn_like(rows)).sum().backward()
    for name, weight in generator.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.any(), name


@pytest.mark.parametrize("body", ALL)
def test_half_precision_chooses_nearly_the_same_symbols(
    shaken: Make, inputs: Make, body: Body
) -> None:
    generator = shaken(Language(6, 5), body)
    given = inputs(generator, 200, body)
    exact = generator(**given)
    with torch.autocast("cpu", torch.bfloat16):
        rows = generator.train()(**given)
        rows.square().sum().backward()
    assert rows.dtype == torch.float32
    assert (rows.argmax(-1) == exact).float().mean() > 0.95


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("body", ALL)
def test_examples_are_not_mixed_and_inputs_matter(
    shaken: Make, inputs: Make, noise_of: Make, body: Body, ends: bool
) -> None:
    generator = shaken(Language(6, 5, ends, labels=3), body, z=4, estimator="soft").train()
    if ends:
        generator.lengths.count(torch.arange(6).repeat(3), torch.arange(3).repeat_interleave(6))
    given = inputs(generator, 4, body)
    if ends:
        given["length"][0] = 0.5  # the other way round, it is another length
    before = generator(**given)
    for name in given:
        changed = {key: value.clone() for key, value in given.items()}
        changed[name][0] = (changed[name][0] + 1) % 3 if name == "label" else -changed[name][0]
        after = generator(**changed)
        assert not torch.allclose(after[0], before[0], atol=1e-2), name
        torch.testing.assert_close(after[1:], before[1:])


@pytest.mark.parametrize("body", ALL)
def test_a_copy_with_the_same_weights_writes_the_same(
    shaken: Make, inputs: Make, body: Body
) -> None:
    generator, other = (shaken(Language(6, 5), body, seed=seed) for seed in (0, 3))
    given = inputs(generator, 8, body)
    assert not torch.equal(other(**given), generator(**given))
    other.load_state_dict(generator.state_dict())
    for twin in (copy.deepcopy(generator), other):
        assert torch.equal(twin(**given), generator(**given))


# ---- what training texts say beforehand ------------------------------------------------------


@pytest.mark.parametrize("body", ALL)
def test_a_generator_starts_from_the_shares_of_symbols_and_lengths(body: Body) -> None:
    generator = build_generator(Language(3, 3), Generator(body=body, width=8))
    generator.start_from(torch.tensor([[1.0, 2.0, 0.0], [1.0, 0.0, 0.0], [2.0, 1.0, 1.0]]))
    counts = torch.tensor([[0.0, 2.0, 1.0], [0.0, 1.0, 1.0], [0.0, 1.0, 0.0]])  # but for ends
    overall = torch.tensor([0.1, 4.1, 2.1]) / 6.3
    written = torch.tensor([[3.0], [2.0], [1.0]])
    torch.testing.assert_close(generator.bias.exp(), (counts + 2 * overall) / (written + 2))
    assert generator.lengths is not None
    shares = torch.tensor([[0.25, 1.25, 1.25, 1.25]]) / 4
    torch.testing.assert_close(generator.lengths.shares, shares)


def test_where_texts_do_not_end_symbol_0_is_one_like_the_others() -> None:
    generator = build_generator(Language(2, 2, ends=False), Generator(width=8))
    generator.start_from(torch.tensor([[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]))
    counts = torch.tensor([[2.0, 1.0], [2.0, 1.0]])
    overall = torch.tensor([4.1, 2.1]) / 6.2
    torch.testing.assert_close(generator.bias.exp(), (counts + 2 * overall) / 5)
    assert generator.lengths is None


def test_labels_have_their_own_lengths_but_share_symbols(shaken: Make, inputs: Make) -> None:
    generator = shaken(Language(4, 6, labels=2))
    texts = torch.tensor([[1, 2, 3, 1, 2, 0]] * 500 + [[1, 0, 0, 0, 0, 0]] * 500)
    generator.start_from(texts, torch.tensor([0] * 500 + [1] * 500))
    given = inputs(generator, 400)
    lengths = lengths_of(generator(**given))
    assert (lengths[given["label"] == 0] == 5).float().mean() > 0.98
    assert (lengths[given["label"] == 1] == 1).float().mean() > 0.98
