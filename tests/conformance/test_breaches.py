"""A domain that breaks a rule is told so where it ends a run, and where a run is rehearsed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor

from omnigan.breaches import failures_of_rules_in_words, refuse_breaches
from omnigan.cli import main
from omnigan.domain import Domain
from omnigan.errors import OmniganError, UserError

NO_LABELS: dict[str, Any] = {"labels": lambda self: None}


@pytest.fixture
def recipe(
    mixture: ModuleType,
    mixture_recipe: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Callable[..., str]:
    """Return a function that gives the installed domain other methods, and returns a recipe."""

    def change(methods: dict[str, Any]) -> str:
        for name, method in methods.items():
            monkeypatch.setattr(mixture.MixtureDomain, name, method)
        file = tmp_path / "mine.yaml"
        file.write_text(yaml.safe_dump(mixture_recipe))
        return str(file)

    return change


def ended_by(domain: Domain, failure: Exception) -> Exception:
    """Return what is told of a block that fails."""
    try:
        with failures_of_rules_in_words(domain, "mine"):
            raise failure
    except Exception as error:
        return error


def test_a_failure_is_told_with_the_rule_that_is_broken(changed: Callable[..., Domain]) -> None:
    failure = TypeError("object of type 'NoneType' has no len()\nor so")
    told = ended_by(changed(NO_LABELS), failure)
    assert str(told) == (
        "The domain 'mine' breaks a rule for domains:\n"
        "  labels_are_texts: labels() must be a list of different texts, not None.\n"
        "That is for its author to mend; omnigan.testing.check_domain looks at all of them. "
        "(What failed: TypeError: object of type 'NoneType' has no len())"
    )
    assert told.__cause__ is failure


@pytest.mark.parametrize(
    ("own", "failure"),
    [
        ({}, TypeError("a defect of somebody else")),
        (NO_LABELS, UserError("train.steps")),
        (NO_LABELS, OSError("the disk")),
        (NO_LABELS, MemoryError()),
    ],
)
def test_other_failures_stay_what_they_are(
    changed: Callable[..., Domain], own: dict[str, Any], failure: Exception
) -> None:
    assert ended_by(changed(own), failure) is failure


def test_what_a_rehearsal_does_not_see_is_refused(changed: Callable[..., Domain]) -> None:
    refuse_breaches(changed({}), "mine")
    wrong = {**NO_LABELS, "describe": lambda self: {"summary": "32 points."}}
    with pytest.raises(OmniganError, match=r"rules for domains:\n  labels_.*\n  descr"):
        refuse_breaches(changed(wrong), "mine")


class Narrow(torch.nn.Linear):
    """A generator of numbers that nobody draws."""

    def __init__(self) -> None:
        super().__init__(3, 2)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        return super().forward(z)


def test_a_network_that_fails_is_told_once_with_what_it_was_given(
    changed: Callable[..., Domain],
) -> None:
    said = str(ended_by(changed({"generator": lambda self: Narrow()}), RuntimeError("mat1")))
    call = "called as net(z=float32 [4, 4], label=int64 [4]): RuntimeError: mat1 and mat2 shapes"
    assert said.count("The generator fails, ") == said.count(call) == 1


def _flat(self: Any, generated: Tensor, *others: Any) -> dict[str, Tensor]:
    return {"size": generated.square().mean().reshape(1)}


@pytest.mark.parametrize(
    ("own", "phrase"),
    [
        ({"generator_terms": _flat}, "must be a finite scalar tensor"),
        ({"describe": lambda self: {"points": torch.ones(1)}}, "must give JSON values"),
    ],
)
def test_check_and_train_end_in_a_sentence(
    recipe: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
    own: dict[str, Any],
    phrase: str,
) -> None:
    file = recipe(own)
    for words in (["check", file], ["train", file, "--out", f"{file}-run"]):
        assert main(words) == 1
        errors = capsys.readouterr().err
        assert "error: The domain 'mixture' breaks a rule for domains:\n" in errors
        assert phrase in errors
