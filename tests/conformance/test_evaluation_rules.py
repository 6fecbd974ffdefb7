"""Each rule about evaluation fails on a domain that was broken for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from omnigan.domain import Domain
from omnigan.testing import check_domain
from omnigan.testing.evaluation import EVALUATION_CHECKS


class Mixing(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean(0)


def _network(make: Callable[[], Any]) -> dict[str, Any]:
    return {"feature_network": lambda self: make()}


def _classes(of: Callable[[int], list[Any]]) -> dict[str, Any]:
    return {"classes": lambda self, split: of(len(self.source(split)))}


NETWORK = "feature_network_gives_one_row_an_example"
CLASSES = "classes_are_one_an_example"

BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    (NETWORK, "a network or None", _network(lambda: 3)),
    (NETWORK, "finite features [B, F]", _network(lambda: nn.Flatten(0))),
    (NETWORK, "mixes the examples", _network(Mixing)),
    (CLASSES, "has 3 entries for 32 examples", _classes(lambda n: [0] * 3)),
    (CLASSES, "whole numbers from 0", _classes(lambda n: [-1] * n)),
    (CLASSES, "whole numbers from 0", _classes(lambda n: [0.5] * n)),
    ("headline_is_a_metric", "no metric 'beauty'", {"HEADLINE": "beauty"}),
]


def test_a_broken_rule_is_named(
    complaint: Callable[..., str], rule: str, phrase: str, methods: dict[str, Any]
) -> None:
    assert phrase in complaint(rule, methods)


def test_every_rule_is_broken_here() -> None:
    assert {check.__name__ for check in EVALUATION_CHECKS} == {rule for rule, _, _ in BROKEN}


def test_a_domain_that_keeps_them(changed: Callable[..., Domain]) -> None:
    good = {
        **_network(lambda: nn.Linear(2, 3)),
        **_classes(lambda n: [i % 3 for i in range(n)]),
        "HEADLINE": "modes",
    }
    check_domain(changed(good), checks=EVALUATION_CHECKS)
