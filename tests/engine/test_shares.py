"""The benchmark of what a run spends its time on trains runs that are like whole ones."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from omnigan.recipe.load import load_recipe

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def shares(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module("shares")


@pytest.mark.parametrize("steps", [None, 12])
def test_looks_are_as_frequent_as_in_the_whole_run(
    shares: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int | None
) -> None:
    trained: list[tuple[str, ...]] = []

    def train(name: str, out: Path, settings: list[str], *options: str) -> None:
        trained.append((*settings, *options))

    monkeypatch.setattr(shares, "_train", train)
    shares.trained("music", tmp_path, steps)
    log = load_recipe("music", list(trained[0])).recipe.log
    whole = load_recipe("music").recipe
    wanted = [200, 300, whole.train.total_steps() // 10] if steps is None else [6] * 3
    looks = log.samples_every, log.checkpoint_every, log.evaluate_every
    assert [look and look.steps(1) for look in looks] == wanted
    assert trained[1][-1] == "--profile"


def test_the_wait_for_data_is_the_profiles(shares: ModuleType, tmp_path: Path) -> None:
    profiled = tmp_path / "music-profiled"
    profiled.mkdir()
    table = "Where:\n   90.1%  0.1 s  generator: backward\n    3.1%  0.0041 s  data\n"
    (profiled / "profile.txt").write_text(table)
    assert shares.waiting(tmp_path / "music") == "3.1%"
    assert shares.waiting(tmp_path / "image") == "-"
