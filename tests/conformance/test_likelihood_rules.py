"""Each rule about likelihoods fails on a domain that was broken for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from omnigan.domain import Batch, Domain, Space
from omnigan.testing import check_domain
from omnigan.testing.likelihood import LIKELIHOOD_CHECKS


def _known(make: Callable[[Tensor, Tensor, torch.Generator], Any]) -> dict[str, Any]:
    """Return a likelihood made of one number for each example, a scale, and chance."""

    def log_likelihood(self: Any, generator: Any, batch: Batch, rng: torch.Generator) -> Any:
        return make(-batch.x.square().sum(1), generator.body[0].weight.square().sum(), rng)

    return {"log_likelihood": log_likelihood}


def _root(negative: Tensor, scale: Tensor, rng: torch.Generator) -> Tensor:
    """Have an infinite slope where the weights are fine."""
    return negative * (scale - scale).sqrt()


ONE = "likelihood_is_one_number_an_example"
CHANCE = "likelihood_takes_all_chance_from_rng"
TRAINS = "likelihood_trains_the_generator"
SYMBOLS = {"space": property(lambda self: Space((2,), -2.0, 2.0, symbols=4))}

BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    (ONE, "finite floats [B]", _known(lambda x, scale, rng: (scale * x).mean())),
    (ONE, "finite floats [B]", _known(lambda x, scale, rng: scale * x / 0)),
    (ONE, "finite floats [B]", _known(lambda x, scale, rng: 3)),
    (ONE, "or raise NoDensity, not None", _known(lambda x, scale, rng: None)),
    (ONE, "not densities", _known(lambda x, scale, rng: scale * x + 100) | SYMBOLS),
    (CHANCE, "rng alone", _known(lambda x, scale, rng: scale * x + torch.randn(len(x)))),
    (CHANCE, "mixes", _known(lambda x, scale, rng: scale * (x - x.mean()))),
    (TRAINS, "no gradient", _known(lambda x, scale, rng: x * scale.detach())),
    (TRAINS, "no finite gradient", _known(_root)),
]


def test_a_broken_rule_is_named(
    complaint: Callable[..., str], rule: str, phrase: str, methods: dict[str, Any]
) -> None:
    assert phrase in complaint(rule, methods)


def test_every_rule_is_broken_here() -> None:
    assert {check.__name__ for check in LIKELIHOOD_CHECKS} == {rule for rule, _, _ in BROKEN}


def test_domains_that_keep_them(changed: Callable[..., Domain]) -> None:
    noisy = _known(lambda x, scale, rng: scale * x + torch.randn(len(x), generator=rng))
    check_domain(changed(noisy), checks=LIKELIHOOD_CHECKS)
    check_domain(changed({}), checks=LIKELIHOOD_CHECKS)
