"""What methods take and return is told before, and instead of, what follows from it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from omnigan.domain import Batch, Domain, Space
from omnigan.errors import OmniganError
from omnigan.recipe.load import load_recipe
from omnigan.testing import check_domain
from omnigan.testing.kinds import KIND_CHECKS
from omnigan.testing.recipes import resolved
from omnigan.testing.standalone import settings_can_be_chosen


class Other(nn.Module):
    """A generator whose input is called otherwise."""

    def forward(self, noise: Tensor) -> Tensor:
        return noise


class Pairs:
    """A source as other libraries have it."""

    def __init__(self, *, seeded: bool) -> None:
        self.read = self.seeded if seeded else self.plain

    def __len__(self) -> int:
        return 32

    def plain(self, index: int) -> Batch:
        return Batch(torch.zeros(2))

    def seeded(self, index: int, rng: torch.Generator) -> tuple[Tensor, int]:
        return torch.zeros(2), 1


def _always(made: object) -> Callable[..., object]:
    return lambda *given: made


def _unknown(self: object, label: str, n: int) -> object:
    raise KeyError(label)


CALLED = "methods_are_called_as_the_contract_says"
RETURN = "methods_return_what_the_contract_says"
BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    (CALLED, "space must be a property", {"space": lambda self: Space((2,), -1.0, 1.0)}),
    (
        CALLED,
        "augment() must take (self, x, strength, rng), as Domain.augment does, not (self, x)",
        {"augment": lambda self, x: x},
    ),
    (CALLED, "initialise() must take (", {"initialise": lambda self, generator: None}),
    (RETURN, "space must be a Space, not a tuple", {"space": property(lambda self: (2,))}),
    (RETURN, "as a TensorSource has; it is a list", {"source": _always([1, 2])}),
    (RETURN, "it is None (is a return missing?)", {"source": _always(None)}),
    (RETURN, "it is the class Pairs", {"source": _always(Pairs)}),
    (RETURN, "must take (index, rng), and does not", {"source": _always(Pairs(seeded=False))}),
    (RETURN, "must be a Batch, not a tuple", {"source": _always(Pairs(seeded=True))}),
    (RETURN, "tensors by name, as in {'z': ...}, not a Tensor", {"latent": _always(torch.ones(1))}),
    (RETURN, "condition('mode-0', 1) raises KeyError, though", {"condition": _unknown}),
    (RETURN, "not a dict of others", {"condition": _always({"label": 3})}),
    (RETURN, "controls() must be a dict, not None", {"controls": _always(None)}),
    (RETURN, "describe() must be a dict, not None", {"describe": _always(None)}),
    (RETURN, "metrics() must be a dict, not a list", {"metrics": _always([len])}),
    (RETURN, "must be a Metric, not a builtin_function", {"metrics": _always({"mean": len})}),
    (RETURN, "torch.nn.Module, not the class Other", {"generator": _always(Other)}),
    (RETURN, "called as net(z=..., label=...), which its", {"generator": lambda self: Other()}),
    (RETURN, "called as net(x, label=...), which its", {"discriminator": lambda self: Other()}),
    (RETURN, "torch.nn.Module, not None", {"discriminator": _always(None)}),
]


def test_a_broken_rule_is_named(
    complaint: Callable[..., str], rule: str, phrase: str, methods: dict[str, Any]
) -> None:
    assert phrase in complaint(rule, methods)


def test_what_follows_from_it_is_not_told(changed: Callable[..., Domain]) -> None:
    with pytest.raises(AssertionError) as caught:
        check_domain(changed({"latent": _always(torch.ones(1))}))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("own", "phrase"),
    [
        ({"resolve": lambda self: self}, r"resolve\(\) must take \(self, notify\)"),
        ({"resolve": lambda self, notify: None}, r"resolve\(\) must return a domain, not None"),
        ({"__init__": lambda self: None}, r"__init__\(\) must take \(self, config\)"),
    ],
)
def test_a_class_that_makes_no_domain_is_told(
    own: dict[str, Callable[..., object]],
    phrase: str,
    mixture: Any,
    mixture_recipe: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, method in own.items():
        monkeypatch.setattr(mixture.MixtureDomain, name, method)
    with pytest.raises(OmniganError, match=f"The domain 'mixture' breaks a rule: {phrase}"):
        resolved(load_recipe(mixture_recipe))


def test_the_reason_is_told_besides(
    mixture: Any, mixture_recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mixture.MixtureDomain, "resolve", lambda self, notify: len(3))
    monkeypatch.setattr(mixture.MixtureDomain, "augment", lambda self, x: x)
    with pytest.raises(OmniganError) as caught:
        resolved(load_recipe(mixture_recipe))
    said = str(caught.value)
    assert said.startswith("The domain 'mixture' breaks a rule: augment() must take (")
    assert said.endswith("(What failed: TypeError: object of type 'int' has no len())")


def test_a_source_may_read_by_a_function(changed: Callable[..., Domain]) -> None:
    own = changed({}).source("train")

    class Still:
        __len__ = staticmethod(own.__len__)

        @staticmethod
        def read(index: int, rng: torch.Generator) -> Batch:
            return own.read(index, rng)

    check_domain(changed({"source": _always(Still())}), checks=KIND_CHECKS)


class Called(nn.Module):
    """A network that has no forward, but a call of its own."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def __call__(self, *given: Tensor, **named: Tensor) -> Tensor:
        made: Tensor = self.network(*given, **named)
        return made


@pytest.mark.parametrize("error", [None, NameError, TypeError, ValueError])
def test_a_network_may_have_a_call_of_its_own(
    changed: Callable[..., Domain], monkeypatch: pytest.MonkeyPatch, error: type[Exception] | None
) -> None:
    plain = changed({})
    own = {
        name: lambda self, name=name: Called(getattr(plain, name)())
        for name in ("generator", "discriminator")
    }
    signature = inspect.signature

    def refuse(function: Any) -> inspect.Signature:
        if error is not None and getattr(function, "__func__", None) is Called.__call__:
            raise error
        return signature(function)

    monkeypatch.setattr(inspect, "signature", refuse)
    check_domain(changed(own), checks=[*KIND_CHECKS, settings_can_be_chosen])


def test_a_call_of_its_own_takes_what_it_is_given(complaint: Callable[..., str]) -> None:
    class Odd(nn.Module):
        def __call__(self, noise: Tensor) -> Tensor:
            return noise

    said = complaint(RETURN, {"generator": lambda self: Odd()})
    assert "called as net(z=..., label=...), which its __call__() does not take" in said


def test_every_rule_is_broken_here() -> None:
    assert {check.__name__ for check in KIND_CHECKS} == {rule for rule, _, _ in BROKEN}
