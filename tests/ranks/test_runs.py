"""Whole runs by the command line: two processes end where one does that takes the same parts."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Recipe = Callable[..., str]
SETTINGS: dict[str, dict[str, Any]] = {
    "audio": {"workers": 1},
    "image": {"augment": {"target": 0.3, "speed": 10, "start": 0.2}, "clip": 0.5},
    "music": {"augment": 0.5, "discriminator_steps": 2},
    "text": {"warmup": {"steps": 2}, "steps": 5, "stopping": {"every": 1, "patience": 3}},
}
"""What each domain is trained with, so that all together try everything."""


def lines(folder: Path) -> list[dict[str, Any]]:
    """Return what is in the journal."""
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def same_lines(first: Path, second: Path) -> bool:
    """Tell whether two journals say the same but for rounding."""
    mine, theirs = lines(first), lines(second)
    return len(mine) == len(theirs) and all(
        a == pytest.approx(b, rel=1e-4, abs=1e-6) if "d_loss" in a else a == b
        for a, b in zip(mine, theirs, strict=True)
    )


@pytest.mark.slow
@pytest.mark.parametrize("domain", SETTINGS)
def test_every_domain(
    *,
    domain: str,
    recipe: Recipe,
    tiny_recipe: Any,
    crew: Any,
    alone: Any,
    runs: Any,
    tmp_path: Path,
) -> None:
    source = tmp_path / "data"
    source.mkdir()
    values = tiny_recipe(domain, source)
    values["train"] |= {"steps": 3, "batch_size": 5, "threads": 1, **SETTINGS[domain]}
    values["log"] |= {"every": 1, "samples_every": 3, "checkpoint_every": 3}
    path = recipe(values)
    assert crew.train(path, "--out", str(tmp_path / "two")) == [0, 0], crew.said(0)
    one = alone(path, "train.accumulate=2", "train.workers=0")
    assert runs.distance(one, tmp_path / "two") == 0  # a sum of two has no order
    assert same_lines(one, tmp_path / "two")
    assert list((tmp_path / "two" / "samples").glob("step-*/*"))


def test_dropout_reading_and_uneven_parts_do_not_depend_on_who_computes_them(
    recipe: Recipe, crew: Any, alone: Any, runs: Any, tmp_path: Path
) -> None:
    path = recipe()
    assert crew.train(path, "--out", str(tmp_path / "three"), size=3) == [0, 0, 0], crew.said(0)
    one = alone(path, "train.accumulate=3")
    assert 0 < runs.distance(one, tmp_path / "three") < 1e-4
    assert same_lines(one, tmp_path / "three")
    assert json.loads((tmp_path / "three" / "environment.json").read_text())["processes"] == 3


def test_the_first_process_alone_writes_and_speaks(
    recipe: Recipe, crew: Any, tmp_path: Path
) -> None:
    assert crew.train(recipe(), "train.steps=4", "log.evaluate_every=2") == [0, 0], crew.said(0)
    assert [path.name for path in (tmp_path / "folder-0" / "runs").iterdir()] == ["mine-001"]
    assert list((tmp_path / "folder-1").iterdir()) == []
    assert crew.said(1) == ""
    said = crew.said(0)
    assert said.count("The run is in runs/mine-001") == 1
    assert "error" not in said


@pytest.mark.parametrize("before", [1, 2])
def test_a_run_goes_on_with_another_number_of_processes(
    *, recipe: Recipe, crew: Any, alone: Any, runs: Any, tmp_path: Path, before: int
) -> None:
    """It is stopped by a signal, and goes on with two processes instead of one or the reverse."""
    path, out = recipe(), tmp_path / "run"
    whole = alone(path, "train.accumulate=2")
    words = ("--out", str(out))
    parts = "train.accumulate=2"  # two processes have two parts in any case
    often = ("log.every=1", "log.checkpoint_every=1")
    crew.begin(path, parts, *often, *words, size=before)
    runs.wait_for(out, 3)
    crew.processes[0].terminate()
    assert set(crew.wait()) == {128 + signal.SIGTERM}, crew.said(0)
    assert 3 <= runs.newest(out) < 30
    statuses = crew.train(path, parts, *often, *words, "--resume", size=3 - before)
    assert set(statuses) == {0}, crew.said(0)
    assert runs.distance(whole, out) == 0
    assert [each["step"] for each in lines(out) if "d_loss" in each] == list(range(1, 31))
