"""Each rule about exports for other programs fails on a domain that was broken for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from omnigan.domain import Domain, Draw, Standalone
from omnigan.testing import check_domain
from omnigan.testing.standalone import STANDALONE_CHECKS


def _latent(draw: Callable[[Tensor], Tensor]) -> dict[str, Any]:
    """Return a domain's latent: a function of standard normal numbers."""

    def latent(self: object, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        return {"z": draw(torch.randn(n, 4, generator=rng))}

    return {"latent": latent}


def _standalone(**facts: Any) -> dict[str, Any]:
    return {"standalone": lambda self: Standalone(**facts)}


def _complete(draw: Callable[[torch.Generator], Tensor]) -> dict[str, Any]:
    def complete(self: object, cond: Any, rng: torch.Generator) -> dict[str, Tensor]:
        return {**cond, "pitch": draw(rng)}

    return {"complete": complete}


def _pitches(*values: int) -> dict[str, Any]:
    return _standalone(draws={"pitch": Draw("choice", values=[values] * 8)})


def _uniform(x: Tensor) -> Tensor:
    return 2 * torch.special.ndtr(x) - 1


def _moved_apart(x: Tensor) -> Tensor:
    return x + torch.tensor([0.12, -0.12, 0.0, 0.0])


def _setting(name: str, bounds: tuple[float, float, float]) -> dict[str, Any]:
    low, usual, high = bounds
    return _standalone(draws={name: Draw("setting", low=low, usual=usual, high=high)})


_sound = (0.1, 1.0, 3.0)
WRONG_BOUNDS = [
    (3.0, 1.0, 0.1),
    (1.0, 1.0, 1.0),
    (0.1, 5.0, 3.0),
    (0.1, 0.0, 3.0),
    (float("nan"), 1.0, 3.0),
    (0.1, 1.0, float("inf")),
]
CHOSEN = "settings_can_be_chosen"
DRAWN = "inputs_are_drawn_as_standalone_says"
WRITES = "standalone_writes_what_examples_are"
BROKEN = [
    (DRAWN, "is not normal", _latent(lambda x: 1.1 * x)),
    (DRAWN, "is not normal", _latent(_uniform)),
    (DRAWN, "some of its places have another mean", _latent(_moved_apart)),
    (DRAWN, "is not uniform", _standalone(draws={"z": Draw("uniform")})),
    (DRAWN, "must be 'normal', 'gumbel', 'uniform' or", _standalone(draws={"z": Draw("given")})),
    (
        DRAWN,
        "latent() draws 'z' as [0], which standalone() does not name",
        _latent(lambda x: (x > 0).long()) | _standalone(draws={"z": Draw("choice", values=[[1]])}),
    ),
    (
        DRAWN,
        "latent() draws a value of 'z' ",
        _latent(lambda x: (x > 1).long())
        | _standalone(draws={"z": Draw("choice", values=[[0, 1]])}),
    ),
    (DRAWN, "['w'], which are no inputs", _standalone(draws={"w": Draw()})),
    (DRAWN, "must say how a program draws 'pitch'", _complete(lambda rng: torch.ones(1))),
    (
        DRAWN,
        "draws 'pitch' as [3], which standalone() does not name",
        _complete(lambda rng: torch.randint(4, (1,), generator=rng)) | _pitches(0, 1, 2),
    ),
    (
        DRAWN,
        "draws a value of 'pitch' 0 times in 200",
        _complete(lambda rng: torch.randint(3, (1,), generator=rng)) | _pitches(0, 1, 2, 3),
    ),
    (
        DRAWN,
        "must have 8",
        _complete(lambda rng: torch.zeros(1))
        | _standalone(draws={"pitch": Draw("choice", values=[[0]] * 3)}),
    ),
    (CHOSEN, "must give a Standalone, not a dict", {"standalone": lambda self: {}}),
    (CHOSEN, "as a Draw, not as 'normal'", _standalone(draws={"z": "normal"})),
    (CHOSEN, "which the generator's forward() does not take", _setting("heat", _sound)),
    (CHOSEN, "'seed', which is another option", _setting("seed", _sound)),
    (CHOSEN, "'changed', which is another option", _setting("changed", _sound)),
    (CHOSEN, "which is what example.py calls all settings", _setting("settings", _sound)),
    (CHOSEN, "'top-p', which is no name for an option", _setting("top-p", _sound)),
    (CHOSEN, "'_heat', which is no name for an option", _setting("_heat", _sound)),
    *(
        (CHOSEN, "low below high, and usual from one to the other", _setting("warmth", bounds))
        for bounds in WRONG_BOUNDS
    ),
    (WRITES, "which 'kind' examples are", _standalone(show={})),
    (WRITES, "not JSON serializable", _standalone(show={"kind": "numbers", "to": {1}})),
    (WRITES, "'nowhere.at_all', which has no source", _standalone(writer="nowhere.at_all")),
]


def test_a_broken_domain_is_told(
    complaint: Callable[..., str], rule: str, phrase: str, methods: dict[str, Any]
) -> None:
    assert phrase in complaint(rule, methods)


def test_a_declared_distribution_and_declared_choices_are_right(
    changed: Callable[..., Domain],
) -> None:
    draws = {
        "z": Draw("uniform"),
        "pitch": Draw("choice", values=[[0, 1, 2]] * 8),
    }
    methods = _latent(_uniform) | _standalone(draws=draws)
    methods |= _complete(lambda rng: torch.randint(3, (1,), generator=rng))
    check_domain(changed(methods), checks=STANDALONE_CHECKS[:1])


def test_whole_numbers_and_single_ones_may_be_latent(changed: Callable[..., Domain]) -> None:
    def latent(self: object, n: int, rng: torch.Generator) -> dict[str, Tensor]:
        code = torch.randint(5, (n, 3), generator=rng)
        return {"z": torch.randn(n, generator=rng), "code": code}

    codes = Draw("choice", values=[range(5)])
    methods = {"latent": latent} | _standalone(draws={"code": codes})
    check_domain(changed(methods), checks=STANDALONE_CHECKS[:1])


def test_every_rule_is_broken_here() -> None:
    assert {check.__name__ for check in STANDALONE_CHECKS} == {rule for rule, _, _ in BROKEN}
