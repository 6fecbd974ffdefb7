"""Damaged recipes, settings and data files end in a sentence or are passed over; none hangs.

Each seed damages in another way. Many are read in a process of little memory, with a time limit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from omnigan.recipe.schema import Recipe

DOMAINS = ("audio", "image", "music", "text")


def test_a_word_chooses_among_damaged_inputs(
    kit: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the processes that try them."""
    faults = import_module("faults")
    tried: list[tuple[str, int]] = []

    def fuzz(case: Any, seeds: range, log: Path, seconds: float) -> Any:
        tried.append((case.func.__name__, len(seeds)))
        return kit("fuzz").Report(accepted=2, refused=1)

    monkeypatch.setattr(faults, "fuzz", fuzz)
    found = list(faults.damaged_input("text", tmp_path, 0, 80, "recipes"))
    assert tried == [("damaged_recipe", 80), ("damaged_training", 2)]
    assert [outcome.kind for _, outcome in found] == ["continued", "continued", "sentence"] * 2


def test_recipes_that_take_hours_are_not_trained(kit: Callable[[str], ModuleType]) -> None:
    cases = kit("cases")
    small = {"domain": "text"}
    assert cases._takes_long(Recipe.model_validate({**small, "train": {"batch_size": 1000}}))
    assert cases._takes_long(Recipe.model_validate({**small, "log": {"samples": 10**6}}))
    few = {"evaluate_samples": 16}
    assert not cases._takes_long(Recipe.model_validate({**small, "log": few}))


@pytest.mark.slow
@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize(
    ("kind", "count"), [("damaged_recipe", 80), ("damaged_settings", 20), ("damaged_data", 25)]
)
def test_damage_is_told(
    kit: Callable[[str], ModuleType], tmp_path: Path, domain: str, kind: str, count: int
) -> None:
    case = partial(getattr(kit("cases"), kind), domain)
    report = kit("fuzz").fuzz(case, range(count), tmp_path / "log")
    assert report.failures == ()
    assert report.accepted + report.refused == count
    assert report.refused > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "word"), [("_hang", "took too long"), ("_raise", "ZeroDivisionError")]
)
def test_what_goes_wrong_is_found(
    kit: Callable[[str], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
    word: str,
) -> None:
    module = kit("fuzz")
    report = module.fuzz(getattr(kit("cases"), case), range(3), tmp_path / "log", seconds=1)
    (failure,) = report.failures
    assert failure.seed == 1
    assert word in failure.detail
    assert report.accepted == 2
