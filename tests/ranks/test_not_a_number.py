"""NaN in one process's part of the work is NaN for all: they go back together, or end together."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

from omnigan.engine.objectives import Objectives
from omnigan.engine.ranks import Ranks, joined, watch
from omnigan.engine.reporter import Quiet
from omnigan.engine.running import Request, run
from omnigan.engine.step import Adversaries
from omnigan.errors import OmniganError

Recipe = Callable[..., str]
TRAIN = {"steps": 30, "batch_size": 7, "device": "cpu", "threads": 1}
LOG = {"every": 5, "checkpoint_every": 10, "samples_every": 30}
POINTS: dict[str, Any] = {
    "domain": "mixture",
    "data": {"examples": 64, "labels": True, "jitter": 0.1},
    "generator": {"width": 8, "depth": 2},
    "discriminator": {"width": 8, "depth": 2, "dropout": 0.2},
    "train": TRAIN,
    "log": LOG,
}
WORDS: dict[str, Any] = {
    "domain": "chain",
    "data": {"examples": 64, "held_out": 32},
    "train": {**TRAIN, "warmup": {"steps": 20}, "stopping": {"every": 2, "patience": 9}},
    "log": LOG,
}
TROUBLES: dict[str, tuple[dict[str, Any], str, int, int]] = {
    "discriminator": (POINTS, "discriminator", 3, 1),
    "generator, twice": (POINTS, "generator", 13, 2),
    "warm-up": (WORDS, "likelihood", 14, 1),
    "always": (POINTS, "generator", 25, 99),
}
"""Recipes, what becomes NaN, in which step, and in how many attempts."""


@contextmanager
def trouble(objective: str, step: int, attempts: int) -> Iterator[None]:
    """Have an objective of the second part of a batch be no number, which no reading says."""
    real = getattr(Objectives, objective)

    def broken(self: Objectives, part: Any, **options: Any) -> Any:
        loss, readings = real(self, part, **options)
        players = self.players
        hit = part.index == 1 and players.step == step - 1 and players.attempt < attempts
        return (loss * math.nan if hit else loss), readings

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Objectives, objective, broken)
        yield


class Heard(Quiet):
    """Keeps warnings."""

    def __init__(self) -> None:
        self.warned: list[str] = []

    def warn(self, text: str) -> None:
        self.warned.append(text)


def train_all(folder: Path, ranks: Ranks, *overrides: str) -> dict[str, Any]:
    """Train all recipes with their troubles, and return what was said of each."""
    said = {}
    for name, (recipe, objective, step, attempts) in TROUBLES.items():
        heard, error, began = Heard(), "", time.monotonic()
        try:
            with trouble(objective, step, attempts):
                run(Request(recipe, overrides, folder / name), heard, ranks)
        except OmniganError as caught:
            error = str(caught)
        assert time.monotonic() - began < 60  # it takes a second
        said[name] = {"warned": heard.warned, "error": error}
    return said


def train_all_together(folder: Path) -> None:
    """Do so as one of several processes; each keeps what was said."""
    torch.set_num_threads(1)
    with joined() as ranks:
        said = train_all(folder, ranks)
        (folder / f"{ranks.place.rank}.json").write_text(json.dumps(said))


def left(out: Path) -> dict[str, bytes]:
    """Return the files of a run that do not depend on who computed it."""
    files = [out / "metrics.jsonl", *out.glob("checkpoints/*/*"), *out.glob("samples/*/*")]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


def test_two_processes_go_back_as_one_does(
    mixture: object, chain: object, crew: Any, tmp_path: Path
) -> None:
    together, alone = tmp_path / "together", tmp_path / "alone"
    together.mkdir()
    crew.start(train_all_together, together)
    expected = train_all(alone, Ranks(), "train.accumulate=2")
    assert crew.wait() == [0, 0], crew.said(0) + crew.said(1)
    first, second = (json.loads((together / f"{rank}.json").read_text()) for rank in (0, 1))
    assert first == expected
    for name, (_, _, step, attempts) in TROUBLES.items():
        files = left(together / name)
        assert files.keys() == left(alone / name).keys()
        assert [path for path in files if files[path] != left(alone / name)[path]] == []
        assert second[name] == {"warned": [], "error": first[name]["error"]}
        back = [text for text in first[name]["warned"] if f"step {step}: " in text]
        assert len(back) == min(attempts, 3)
        assert f"; went back to step {step // 10 * 10} to go on with other noise" in back[-1]
        ended = f"step {step}: g_gradient became NaN or infinite, after going back 3 times."
        assert first[name]["error"].startswith(ended if name == "always" else "")
        assert bool(first[name]["error"]) == (name == "always")


# ---- in one process only -----------------------------------------------------------------------


def _train_with_bad_copy(words: tuple[str, ...]) -> None:
    """Train; the second process's copy of the data has a damaged example."""
    from omnigan.cli import main

    points = import_module("omnigan_mixture").Points
    read = points.__init__

    def damaged(self: Any, data: Any, split: str) -> None:
        read(self, data, split)
        self.x[3] = math.nan

    if os.environ["RANK"] == "1":
        points.__init__ = damaged
    raise SystemExit(main(["train", *words]))


def test_an_example_that_is_damaged_on_one_machine_is_named(recipe: Recipe, crew: Any) -> None:
    crew.start(_train_with_bad_copy, (recipe(),))
    assert crew.wait() == [1, 1]
    assert "training example 3 (counted from 0), as process 1 reads it, holds NaN" in crew.said(0)
    assert crew.said(0).count("error: step ") == 1
    assert "went back" not in crew.said(0)
    assert crew.said(1) == ""


def _train_with_a_network_that_fails(words: tuple[str, ...]) -> None:
    """Train, but in step 12 the weights are no numbers, which the second process cannot stand."""
    from omnigan.cli import main

    watch.GRACE = 1.0

    advance = Adversaries.advance

    def failing(self: Adversaries, data: Any) -> Any:
        if self.step == 11:
            next(self.generator.parameters()).data.fill_(torch.nan)
            if os.environ["RANK"] == "1":
                raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
        return advance(self, data)

    Adversaries.advance = failing  # type: ignore[method-assign]
    raise SystemExit(main(["train", *words]))


def test_a_process_that_fails_on_nan_ends_all_with_a_sentence(recipe: Recipe, crew: Any) -> None:
    """The others may wait for its part, so that nobody can go back."""
    crew.start(_train_with_a_network_that_fails, (recipe(),))
    assert crew.wait() == [1, 1]
    assert "step 12: it cannot be computed: weights became NaN or infinite. Lower" in crew.said(0)
    assert crew.said(0).count("error: process 1 of 2 (") == 1
    assert crew.said(1) == ""
    assert "Traceback" not in crew.said(0)
