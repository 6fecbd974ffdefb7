"""Weights of auxiliary losses that a domain does not have are refused before the first step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from torch import nn

from omnigan.domain import Batch, Domain
from omnigan.errors import UserError

Points = Callable[..., Domain]


def test_an_unknown_loss_is_refused_by_name(game: Any, points: Points) -> None:
    for weights in ({"outsied": 1.0}, {"outside": 1.0, "outsied": 0.0, "likelihood": 1.0}):
        players = game.start(points(), terms=weights, warmup={"steps": 4})
        with pytest.raises(UserError, match=r"train\.terms\.outsied: .* 'outside'\? It has 'outs"):
            players.require_terms(game.data(players))


def test_asking_changes_nothing(game: Any, points: Points) -> None:
    domain = points()
    make, judge = domain.generator, domain.discriminator
    domain.generator = lambda: Normed(make())  # type: ignore[method-assign]
    domain.discriminator = lambda: Normed(judge())  # type: ignore[method-assign]
    asked, plain = (game.start(domain, terms={"outside": 2.0}) for _ in range(2))
    asked.require_terms(game.data(asked))
    for networks in (
        (asked.generator, plain.generator),
        (asked.discriminator, plain.discriminator),
    ):
        first, second = (list(network.state_dict().values()) for network in networks)
        assert game.same(first, second)
    for players in (asked, plain):
        game.advance(players, 3)
    assert game.same(game.weights(asked.average), game.weights(plain.average))


def test_only_those_who_weigh_losses_of_the_domain_are_asked(game: Any, points: Points) -> None:
    for options in (
        {},
        {"terms": {"likelihood": 1.0}},
        {"terms": {"outsied": 1.0}, "objective": "likelihood"},
    ):
        drawn: list[Batch] = []
        players = game.start(points(), **options)
        players.require_terms((drawn.append(batch), batch)[1] for batch in game.data(players))
        assert drawn == []


def test_what_cannot_be_computed_is_left_to_the_first_step(game: Any, points: Points) -> None:
    def failing(*given: Any) -> Any:
        raise RuntimeError("no such symbol")

    domain = points()
    domain.generator_terms = failing  # type: ignore[method-assign]
    players = game.start(domain, terms={"outside": 1.0})
    players.require_terms(game.data(players))
    with pytest.raises(RuntimeError, match="no such symbol"):
        game.advance(players, 1)


class Normed(nn.Module):
    """A network that remembers what went through it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.norm = nn.BatchNorm1d(2)
        self.dropout = nn.Dropout(0.3)

    def forward(self, *args: Any, **named: Any) -> Any:
        if args:
            return self.network(self.dropout(self.norm(args[0])), **named)
        return self.norm(self.network(**named))
