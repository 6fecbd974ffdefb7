"""Writers choose one symbol after another, and gradient finds its way back through all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from omnigan_text.networks import Language
from omnigan_text.networks.config import Body
from omnigan_text.networks.language import lengths_of
from omnigan_text.networks.memory import MemoryWriter

WRITERS: list[Body] = ["recurrent", "memory", "transformer"]
Make = Callable[..., Any]


# ---- one by one, and all at once -------------------------------------------------------------


@pytest.mark.parametrize("body", WRITERS)
def test_step_by_step_gives_what_all_steps_give(shaken: Make, body: Body) -> None:
    generator = shaken(Language(11, 9), body)
    context = torch.randn(5, 8)
    seen = torch.randn(5, 9, 8)
    together = generator.steps(seen, generator.begin(context))
    state, each = generator.begin(context), []
    for place in range(9):
        logits, state = generator.step(seen[:, place], state)
        each.append(logits)
    torch.testing.assert_close(torch.stack(each, 1), together, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("body", WRITERS)
def test_gradient_flows_through_everything_written_before(shaken: Make, body: Body) -> None:
    """Against a forward pass without state: every symbol from a fresh look at all before it."""
    generator = shaken(Language(5, 4, ends=False), body, estimator="soft").train()
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


@pytest.mark.parametrize("body", WRITERS)
def test_what_an_export_writes_in_a_loop_is_the_same(
    shaken: Make, inputs: Make, body: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = shaken(Language(11, 9), body).eval()
    given = inputs(generator, 5, body) | {"temperature": torch.linspace(0.5, 1.5, 5)}
    wanted = generator(**given)
    rounds = []

    def looped(after: Any, state: Any, given: Any) -> Any:
        for step in zip(*given, strict=True):
            sizes = [each.shape for each in state]
            state, result = after(state, step)
            assert [each.shape for each in state] == sizes
            rounds.append(result)
        return state, torch.stack(rounds)

    monkeypatch.setattr("torch.compiler.is_exporting", lambda: True)
    monkeypatch.setattr("omnigan_text.networks.writer.scanned", looped)
    assert torch.equal(generator(**given), wanted)
    assert len(rounds) == 9


# ---- prefixes --------------------------------------------------------------------------------


@pytest.mark.parametrize("body", WRITERS)
def test_a_text_is_at_least_as_long_as_its_prefix(shaken: Make, inputs: Make, body: Body) -> None:
    generator = shaken(Language(6, 5), body)
    given = inputs(generator, 300, body)
    free = generator(**given)
    shorter = lengths_of(free) < 3
    assert 10 < shorter.sum() < 290
    prefix = torch.tensor([4, 2, 5, -1, -1])
    made = generator(**given, prefix=prefix.expand(300, -1))
    assert (made[:, :3] == prefix[:3]).all()
    assert (lengths_of(made) >= 3).all()
    assert set(lengths_of(made).tolist()) == {3, 4, 5}
    none = generator(**given, prefix=torch.full((300, 5), -1))
    assert torch.equal(none, free)


def test_a_prefix_may_differ_in_length_from_text_to_text(shaken: Make, inputs: Make) -> None:
    generator = shaken(Language(6, 5))
    prefix = torch.tensor([[1, 2, 3, 4, 5], [3, -1, -1, -1, -1]]).repeat(50, 1)
    given = {name: torch.cat([value, value]) for name, value in inputs(generator, 50).items()}
    made = generator(**given, prefix=prefix)
    assert torch.equal(made[::2], prefix[::2].float())
    alone = {name: value[1::2] for name, value in given.items()}
    assert torch.equal(made[1::2], generator(**alone, prefix=prefix[1::2]))


@pytest.mark.parametrize("estimator", ["straight-through", "soft", "reinforce"])
@pytest.mark.parametrize("body", WRITERS)
def test_a_prefix_stands_in_training_too(
    shaken: Make, inputs: Make, body: Body, estimator: str
) -> None:
    generator = shaken(Language(6, 5), body, estimator=estimator).train()
    given = inputs(generator, 100, body)
    prefix = torch.tensor([4, 2, -1, -1, -1]).expand(100, -1)
    rows = generator(**given, prefix=prefix, relaxation=1e-3)
    assert torch.equal(rows[:, :2], nn.functional.one_hot(prefix[:, :2], 6).float())
    slopes = torch.autograd.grad(
        rows[:, :2].sum(), list(generator.parameters()), retain_graph=True, allow_unused=True
    )
    assert not any(slope is not None and slope.any() for slope in slopes)
    (slope,) = torch.autograd.grad((rows * torch.randn_like(rows)).sum(), [generator.out.weight])
    assert slope.any()
    ids = generator.eval()(**given, prefix=prefix)
    agree = (rows.argmax(-1) == ids).all(1).float().mean()
    assert agree == 1 if estimator != "soft" else agree > 0.9  # softness feeds back


def test_the_one_shot_generator_takes_no_prefix(shaken: Make, inputs: Make) -> None:
    generator = shaken(Language(6, 5), "one-shot")
    given = inputs(generator, 1, "one-shot")
    with pytest.raises(TypeError, match="prefix"):
        generator(**given, prefix=torch.zeros(1, 5))


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
