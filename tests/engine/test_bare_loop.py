"""The loop that the engine's cost is compared with plays the same game, and 3 % can be told."""

from __future__ import annotations

import random
from collections.abc import Callable
from importlib import import_module
from itertools import islice
from pathlib import Path

import pytest
from torch import nn

from omnigan.adam import Adam
from omnigan.domain import Domain
from omnigan.recipe.schema import Train

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.mark.parametrize(("loss", "looks"), [("relativistic", 6 + 4), ("non-saturating", 5 + 3)])
def test_the_critic_looks_as_often_as_the_recipes_loss_asks(
    points: Callable[..., Domain], monkeypatch: pytest.MonkeyPatch, loss: str, looks: int
) -> None:
    """In two steps, of which the first has both penalties."""
    domain = points()
    critic, seen = domain.discriminator(), list[nn.Module]()
    critic.register_forward_hook(lambda module, inputs, output: seen.append(module))
    monkeypatch.setattr(domain, "discriminator", lambda: critic)
    monkeypatch.setattr("torch.optim.Adam", Adam)  # torch's own imports the compiler
    train = Train.model_validate({"loss": loss, "batch_size": 8})
    list(islice(import_module("bare_loop").bare_steps(domain, train), 2))
    assert len(seen) == looks


def test_three_per_cent_can_be_told_from_none() -> None:
    """Single pairs are noisier than what is asked, and every tenth was disturbed."""
    overhead, rng = import_module("overhead"), random.Random(0)
    ratios = [1.03 * rng.gauss(1, 0.05) + 0.5 * (number % 10 == 0) for number in range(60)]
    low, high = overhead.interval(ratios)
    assert 1 < low < overhead.middle(ratios) < high < 1.06
    assert abs(overhead.middle(ratios) - 1.03) < 0.015


def test_each_side_is_first_in_every_other_pair() -> None:
    overhead, order = import_module("overhead"), list[str]()

    def steps(name: str) -> object:
        while True:
            order.append(name)
            yield

    assert len(overhead.alternating(steps("ours"), steps("theirs"), 2, 2)) == 2
    assert order == ["theirs"] * 2 + ["ours"] * 4 + ["theirs"] * 2
