from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from omnigan import api
from omnigan.domain import Batch, Domain
from omnigan.engine.content import tensors
from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.reporter import Quiet
from omnigan.engine.step import Adversaries
from omnigan.recipe.schema import Train


@pytest.fixture
def points(mixture: ModuleType) -> Callable[..., Domain]:
    """Return a function that makes a small mixture domain; options override its sections."""

    def make(**sections: Any) -> Domain:
        small: dict[str, Any] = {
            "data": {"examples": 64},
            "generator": {"width": 8, "depth": 2},
            "discriminator": {"width": 8, "depth": 2},
        }
        for name, options in sections.items():
            small[name] |= options
        domain: Domain = mixture.MixtureDomain(mixture.Config.model_validate(small))
        return domain

    return make


class Game:
    """Starts adversaries, moves them on, and looks at what they hold."""

    @staticmethod
    def start(domain: Domain, seed: int = 0, **options: Any) -> Adversaries:
        """Return adversaries for ten steps of sixteen, with no penalties unless options say so."""
        plain = {"steps": 10, "batch_size": 16, "penalties": {}, "rate": 0.01}
        train = Train.model_validate({**plain, **options})
        return Adversaries(domain, train, seed, torch.device("cpu"))

    @staticmethod
    def data(players: Adversaries) -> Iterator[Batch]:
        """Return the batches from the present step on."""
        order = BatchOrder(players.domain.source("train"), players.train.batch_size, 0)
        return batches(order, players.batches_before(players.step), workers=0)

    def advance(self, players: Adversaries, steps: int) -> Adversaries:
        """Take some steps."""
        data = self.data(players)
        for _ in range(steps):
            players.advance(data)
        return players

    def after(self, domain: Domain, steps: int, **options: Any) -> Adversaries:
        """Return adversaries that took some steps."""
        return self.advance(self.start(domain, **options), steps)

    @staticmethod
    def weights(network: nn.Module) -> list[Tensor]:
        """Return copies of the weights."""
        return [weight.detach().clone() for weight in network.parameters()]

    @staticmethod
    def gradients(network: nn.Module) -> list[Tensor]:
        """Return copies of the gradients."""
        return [weight.grad.clone() for weight in network.parameters() if weight.grad is not None]

    @staticmethod
    def same(first: list[Tensor], second: list[Tensor]) -> bool:
        """Tell whether two lists of tensors hold the same bits."""
        return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))

    @staticmethod
    def saved(players: Adversaries) -> dict[str, bytes]:
        """Return every number that a checkpoint would hold."""
        return {
            f"{part}.{name}": value.numpy().tobytes()
            for part, values in tensors(players).items()
            for name, value in values.items()
        }


class Heard(Quiet):
    """Keeps what a run says."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warned: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def warn(self, text: str) -> None:
        self.warned.append(text)

    def about(self, word: str) -> list[str]:
        """Return the warnings that hold a word."""
        return [text for text in self.warned if word in text]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return where a run of :func:`run` is."""
    return tmp_path / "run"


@pytest.fixture
def run(mixture: ModuleType, out: Path) -> Callable[..., Heard]:
    """Return a function that trains 30 steps, by default in ``out``, and tells what was heard."""
    recipe = {
        "domain": "mixture",
        "data": {"examples": 64, "labels": True, "jitter": 0.1},
        "generator": {"width": 8, "depth": 2},
        "discriminator": {"width": 8, "depth": 2, "dropout": 0.2},
        "train": {"steps": 30, "batch_size": 8, "device": "cpu", "threads": 1},
        "log": {"every": 5, "checkpoint_every": 10, "samples_every": 10},
    }

    def train(*overrides: str, **options: Any) -> Heard:
        heard = Heard()
        api.train(recipe, overrides, **{"out": out, "reporter": heard, **options})
        return heard

    return train


@pytest.fixture
def game() -> Game:
    """Return an object that starts adversaries and moves them on."""
    return Game()


@pytest.fixture
def lines() -> Callable[[Path], list[dict[str, Any]]]:
    """Return a function that gives what a run has written into ``metrics.jsonl``."""

    def read(out: Path) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]

    return read


@pytest.fixture
def train(chain: ModuleType, tmp_path: Path) -> Callable[..., Heard]:
    """Return a function that trains 30 steps in ``tmp_path/run`` unless told otherwise."""
    recipe = {
        "domain": "chain",
        "data": {"examples": 200, "held_out": 100},
        "discriminator": {"dropout": 0.2},
        "train": {"steps": 30, "batch_size": 8, "device": "cpu", "threads": 1, "rate": 0.05},
        "log": {"every": 5, "checkpoint_every": 10, "samples_every": 10},
    }

    def run(*overrides: str, **options: Any) -> Heard:
        heard = Heard()
        given = {"out": tmp_path / "run", "reporter": heard, **options}
        api.train(recipe, overrides, **given)
        return heard

    return run


@pytest.fixture
def letters(chain: ModuleType) -> Callable[..., Domain]:
    """Return a function that makes the domain; options override its sections."""
    return lambda **sections: chain.ChainDomain(chain.Config.model_validate(sections))
