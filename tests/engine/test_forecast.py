"""Runs of many hours are announced after a few steps; nothing is said of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omnigan.engine.forecast import Forecast
from omnigan.engine.reporter import Quiet
from omnigan.recipe.schema import Train

HOUR = 3600


class Heard(Quiet):
    def __init__(self) -> None:
        self.warned: list[str] = []

    def warn(self, text: str) -> None:
        self.warned.append(text)


def _warned(seconds: list[float], steps: int, **train: Any) -> list[list[str]]:
    """Return what had been said after each step that took so many seconds."""
    heard, now = Heard(), [0.0]
    forecast = Forecast(Train.model_validate(train), heard, lambda: now[0])
    said = []
    for place, each in enumerate(seconds):
        with forecast.step(steps - place):
            now[0] += each
        now[0] += 1000  # samples, say
        said.append(list(heard.warned))
    return said


def test_a_long_run_is_announced_after_one_round_of_the_penalties() -> None:
    # Every fourth step has penalties; the first one also warms up.
    said = _warned([60, 5, 5, 5, 9, 5, 5], 3605, penalties={"r1": {"interval": 4}})
    assert said[:4] == [[]] * 4
    assert said[4] == said[6]
    (text,) = said[4]
    assert "takes 6 h more: 3600 steps of 6 s." in text
    assert "train.batch_size" in text


def test_a_run_of_less_is_not() -> None:
    assert _warned([60, 5, 5, 5, 9, 5], 3604, penalties={"r1": {"interval": 4}})[-1] == []
    assert _warned([3 * HOUR, 3 * HOUR], 2, penalties={})[-1] == []


def test_time_that_compiling_takes_does_not_count() -> None:
    penalties = {"r1": {"interval": 2}}
    steps = [300.0, 300.0, 300.0, 1.0, 1.0, 1.0]
    assert _warned(steps, 9000, penalties=penalties)[-1]
    assert not _warned(steps, 9000, penalties=penalties, compile="default")[-1]


def test_training_announces_it(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnigan.engine.forecast.LONG", 0.0)
    (text,) = run("train.steps=9").about("At this speed")
    assert " more: " in text
