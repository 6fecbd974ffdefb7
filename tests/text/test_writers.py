"""Generators write what their density says, and gradient finds its way back."""

from __future__ import annotations

import copy
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from omnigan_text.networks import (
    Language,
    OneShotWriter,
    TextGenerator,
    Writer,
    build_generator,
    latent_shapes,
)
from omnigan_text.networks.config import Body, Generator
from omnigan_text.networks.memory import MemoryWriter

SETTINGS: dict[Body, dict[str, Any]] = {
    "recurrent": {"layers": 2},
    "memory": {"slots": 2, "heads": 2, "layers": 2},
    "transformer": {"transformer": {"n_layer": 2, "n_head": 2}},
    "one-shot": {"transformer": {"num_hidden_layers": 1, "num_attention_heads": 2}},
}
WRITERS: list[Body] = ["recurrent", "memory", "transformer"]
ALL: list[Body] = [*WRITERS, "one-shot"]
ESTIMATORS = ["straight-through", "soft", "reinforce"]


def options(body: Body, **more: Any) -> Generator:
    return Generator(body=body, width=8, **SETTINGS[body], **more)


def shaken(language: Language, settings: Generator, seed: int = 0) -> TextGenerator:
    """Return a generator whose logits depend on everything they can depend on."""
    torch.manual_seed(seed)
    generator = build_generator(language, settings)
    with torch.no_grad():
        for weight in generator.parameters():
            weight.add_(torch.randn_like(weight) * 0.4)
    return generator.eval()


def writer(language: Language, settings: Generator, seed: int = 0) -> Writer:
    generator = shaken(language, settings, seed)
    assert isinstance(generator, Writer)
    return generator


def inputs(language: Language, settings: Generator, count: int, seed: int = 1) -> dict[str, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    shapes = latent_shapes(language, settings)
    given = {name: torch.randn(count, *shape, generator=rng) for name, shape in shapes.items()}
    if language.labels:
        given["label"] = torch.randint(language.labels, (count,), generator=rng)
    return given


def every_text(language: Language) -> Tensor:
    """Return all texts ``[N, T]``; where texts end, with nothing but ends after the first."""
    texts = product(range(language.symbols), repeat=language.length)
    if language.ends:
        texts = (t for t in texts if 0 not in t or not any(t[t.index(0) :]))
    return torch.tensor(list(texts))


def frequencies(texts: Tensor, language: Language) -> Tensor:
    """Return how often each of :func:`every_text` occurs, ``[N]``."""
    base = language.symbols ** torch.arange(language.length)
    counts = (texts.long() * base).sum(1).bincount(minlength=language.symbols**language.length)
    found = counts[(every_text(language) * base).sum(1)]
    assert found.sum() == len(texts), "there are texts that go on after their end"
    return found


def assert_drawn_from(counts: Tensor, shares: Tensor) -> None:
    """Pearson's chi-square, cells of fewer than five expected put together."""
    expected = shares.double() * counts.sum()
    few = expected < 5
    pairs = [(counts[~few], expected[~few])]
    if expected[few].sum() >= 5:
        pairs.append((counts[few].sum()[None], expected[few].sum()[None]))
    cells = sum(len(expected) for _, expected in pairs)
    square = sum(float(((c - e).square() / e).sum()) for c, e in pairs)
    assert square < cells + 4 * (2 * cells) ** 0.5


# ---- density ---------------------------------------------------------------------------------


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("body", WRITERS)
def test_probabilities_of_all_texts_sum_to_one(body: Body, ends: bool) -> None:
    language = Language(3, 4, ends, labels=2)
    settings = options(body, z=3)
    generator = writer(language, settings)
    texts = every_text(language)
    given = inputs(language, settings, 1)
    same = {name: given[name].expand(len(texts), *given[name].shape[1:]) for name in ("z", "label")}
    for heat in (0.5, 1.0, 1.7):
        temperature = torch.full((len(texts),), heat)
        with torch.no_grad():
            log = generator.log_likelihood(texts, **same, temperature=temperature)
        assert log.std() > 0.1
        assert log.double().exp().sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("body", WRITERS)
def test_samples_have_the_density_at_any_temperature(body: Body, ends: bool) -> None:
    language = Language(3, 3, ends)
    settings = options(body)
    generator = writer(language, settings)
    for heat in (0.6, 1.0):
        temperature = torch.full((20_000,), heat)
        with torch.no_grad():
            made = generator(**inputs(language, settings, 20_000), temperature=temperature)
            texts = every_text(language)
            log = generator.log_likelihood(texts, temperature=temperature[: len(texts)])
        assert_drawn_from(frequencies(made, language), log.exp())


@pytest.mark.parametrize("ends", [False, True])
def test_one_shot_samples_have_the_probabilities_of_each_place(ends: bool) -> None:
    language = Language(3, 3, ends)
    settings = options("one-shot", z=4, estimator="soft")
    generator = shaken(language, settings)
    generator.load_state_dict(shaken(Language(3, 3, False), settings).state_dict())
    given = inputs(language, settings, 20_000)
    given["z"] = given["z"][:1].expand(20_000, -1)
    with torch.no_grad():
        made = generator(**given)
    endless = shaken(Language(3, 3, False), settings).train()
    shares = endless(torch.zeros(1, 3, 3), given["z"][:1]).squeeze(0)  # equal noise: a softmax
    expected = []
    for text in every_text(language).tolist():
        written = text[: text.index(0) + 1] if ends and 0 in text else text
        expected.append(torch.stack([shares[place, s] for place, s in enumerate(written)]).prod())
    assert_drawn_from(frequencies(made, language), torch.stack(expected).detach())


def test_log_likelihood_has_a_gradient() -> None:
    language = Language(3, 3)
    generator = writer(language, options("memory"))
    generator.log_likelihood(every_text(language)).sum().backward()
    slopes = [weight.grad for weight in generator.parameters()]
    assert all(slope is not None and slope.any() for slope in slopes)


# ---- one by one, and all at once -------------------------------------------------------------


@pytest.mark.parametrize("body", WRITERS)
def test_step_by_step_gives_what_all_steps_give(body: Body) -> None:
    generator = writer(Language(11, 9), options(body))
    context = torch.randn(5, 8)
    seen = torch.randn(5, 9, 8)
    together = generator.steps(seen, generator.begin(context))
    state, each = generator.begin(context), []
    for place in range(9):
        logits, state = generator.step(seen[:, place], state)
        each.append(logits)
    torch.testing.assert_close(torch.stack(each, 1), together, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("body", WRITERS)
def test_gradient_flows_through_everything_written_before(body: Body) -> None:
    """Against a forward pass without state: every symbol from a fresh look at all before it."""
    language = Language(5, 4, ends=False)
    settings = options(body, estimator="soft")
    generator = writer(language, settings).train()
    noise = torch.zeros(3, 4, 5)
    weights = torch.randn(3, 4, 5)
    names, params = zip(*generator.named_parameters(), strict=True)
    slopes = torch.autograd.grad((generator(noise, relaxation=0.8) * weights).sum(), params)
    context = torch.zeros(3, 8)
    seen = generator.first.expand(3, 1, 8)
    for place in range(4):
        logits = generator.steps(seen, generator.begin(context)) + generator.bias[: place + 1]
        rows = (logits / 0.8).softmax(-1)
        seen = torch.cat([seen[:, :1], rows @ generator.table], 1)
    expected = torch.autograd.grad((rows * weights).sum(), params)
    for name, slope, right in zip(names, slopes, expected, strict=True):
        torch.testing.assert_close(slope, right, rtol=1e-3, atol=1e-5, msg=name)


# ---- what every generator does ---------------------------------------------------------------


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("body", ALL)
def test_training_and_sampling_choose_the_same_symbols(body: Body, estimator: str) -> None:
    language = Language(6, 5, ends=True, labels=3)
    settings = options(body, z=4, estimator=estimator)
    generator = shaken(language, settings)
    given = inputs(language, settings, 64)
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
def test_nothing_comes_after_the_end(body: Body, estimator: str) -> None:
    language = Language(3, 8, ends=True)
    settings = options(body, estimator=estimator)
    generator = shaken(language, settings)
    given = inputs(language, settings, 200)
    rows = generator.train()(**given)
    after = (rows.argmax(-1) == 0).cumsum(1).roll(1, 1)
    after[:, 0] = 0
    assert 50 < after.bool().sum() < 1500
    end = torch.tensor([1.0, 0.0, 0.0])
    assert (rows[after.bool()] == end).all()
    slopes = torch.autograd.grad(rows[after.bool()].sum(), generator.bias)
    assert not slopes[0].any()
    ids = generator.eval()(**given)
    frequencies(ids[:, :4], Language(3, 4, ends=True))


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("body", ALL)
def test_gradient_reaches_every_weight(body: Body, estimator: str) -> None:
    language = Language(6, 5, ends=True, labels=3)
    settings = options(body, z=4, estimator=estimator)
    generator = shaken(language, settings).train()
    rows = generator(**inputs(language, settings, 32))
    (rows * torch.randn_like(rows)).sum().backward()
    for name, weight in generator.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.any(), name


@pytest.mark.parametrize("body", ALL)
def test_half_precision_chooses_nearly_the_same_symbols(body: Body) -> None:
    language = Language(6, 5)
    settings = options(body)
    generator = shaken(language, settings)
    given = inputs(language, settings, 200)
    exact = generator(**given)
    with torch.autocast("cpu", torch.bfloat16):
        rows = generator.train()(**given)
        rows.square().sum().backward()
    assert rows.dtype == torch.float32
    assert (rows.argmax(-1) == exact).float().mean() > 0.95


@pytest.mark.parametrize("body", ALL)
def test_examples_are_not_mixed_and_inputs_matter(body: Body) -> None:
    language = Language(6, 5, ends=False, labels=3)
    settings = options(body, z=4, estimator="soft")
    generator = shaken(language, settings).train()
    given = inputs(language, settings, 4)
    before = generator(**given)
    for name in given:
        changed = {key: value.clone() for key, value in given.items()}
        changed[name][0] = (changed[name][0] + 1) % 3 if name == "label" else -changed[name][0]
        after = generator(**changed)
        assert not torch.allclose(after[0], before[0], atol=1e-2), name
        torch.testing.assert_close(after[1:], before[1:])


@pytest.mark.parametrize("body", ALL)
def test_a_copy_with_the_same_weights_writes_the_same(body: Body) -> None:
    language = Language(6, 5)
    settings = options(body)
    generator, other = shaken(language, settings), shaken(language, settings, seed=3)
    given = inputs(language, settings, 8)
    other.load_state_dict(generator.state_dict())
    for twin in (copy.deepcopy(generator), other):
        assert torch.equal(twin(**given), generator(**given))


@pytest.mark.parametrize("body", WRITERS)
def test_a_prefix_stands_and_the_rest_follows_from_it(body: Body) -> None:
    language = Language(4, 3, ends=False)
    settings = options(body)
    generator = writer(language, settings)
    prefix = torch.tensor([3, -1, -1]).expand(5000, -1)
    with torch.no_grad():
        made = generator(**inputs(language, settings, 5000), prefix=prefix)
        joint = generator.log_likelihood(every_text(language)).exp()
    begins = every_text(language)[:, 0] == 3
    assert (made[:, 0] == 3).all()
    assert_drawn_from(frequencies(made, language)[begins], joint[begins] / joint[begins].sum())


@pytest.mark.parametrize("body", WRITERS)
def test_a_prefix_may_end_a_text(body: Body) -> None:
    language = Language(6, 5)
    settings = options(body)
    generator = writer(language, settings)
    prefix = torch.tensor([[4, 0, -1, -1, -1], [4, 0, 3, -1, -1]])
    made = generator(**inputs(language, settings, 2), prefix=prefix)
    assert made.tolist() == [[4, 0, 0, 0, 0]] * 2


def test_the_one_shot_generator_takes_no_prefix() -> None:
    generator = shaken(Language(6, 5), options("one-shot"))
    assert isinstance(generator, OneShotWriter)
    with pytest.raises(TypeError, match="prefix"):
        generator(torch.zeros(1, 5, 6), torch.zeros(1, 64), prefix=torch.zeros(1, 5))


# ---- first weights ---------------------------------------------------------------------------


@pytest.mark.parametrize("body", ALL)
def test_a_fresh_generator_starts_from_the_shares_of_symbols(body: Body) -> None:
    language = Language(3, 3, ends=True)
    generator = build_generator(language, options(body))
    generator.start_from(torch.tensor([[1.0, 2.0, 0.0], [1.0, 0.0, 0.0], [2.0, 1.0, 1.0]]))
    counts = torch.tensor([[0.0, 2.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    overall = torch.tensor([2.1, 4.1, 2.1]) / 8.3
    alive = torch.tensor([[3.0], [3.0], [2.0]])
    torch.testing.assert_close(generator.bias.exp(), (counts + 2 * overall) / (alive + 2))


# ---- relational memory -----------------------------------------------------------------------


def test_the_memory_is_that_of_the_paper() -> None:
    """One step against torch's own attention, and the gates written out."""
    language = Language(5, 4)
    generator = MemoryWriter(
        language, 8, slots=3, heads=2, layers=1, z=0, estimator="straight-through"
    )
    (block,) = generator.blocks
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    with torch.no_grad():
        attention.in_proj_weight.copy_(torch.cat([block.query.weight, block.key_value.weight]))
        attention.in_proj_bias.copy_(torch.cat([block.query.bias, block.key_value.bias]))
        attention.out_proj.weight.copy_(torch.eye(8))
        attention.out_proj.bias.zero_()
    seen, memory = torch.randn(2, 8), torch.randn(2, 3, 8)
    symbol = generator.enter(seen)
    rows = torch.cat([memory, symbol.unsqueeze(1)], 1)
    h = block.attended(memory + attention(memory, rows, rows)[0])
    first, _, second = block.think
    wished = block.thought(h + second(first(h).relu()))
    gates = generator.gates_of_symbol(symbol).unsqueeze(1) + memory.tanh() @ (
        generator.gates_of_memory.weight.T
    )
    expected = torch.sigmoid(gates[..., :8]) * wished.tanh()
    expected = expected + torch.sigmoid(gates[..., 8:] + 1) * memory
    logits, new = generator.step(seen, memory)
    torch.testing.assert_close(new, expected)
    torch.testing.assert_close(logits, expected.reshape(2, 24) @ generator.out.weight.T)
    start = generator.begin(torch.zeros(2, 8))
    assert torch.equal(start[1], torch.eye(3, 8))
