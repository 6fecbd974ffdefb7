from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from omnigan.cli import main

Said = tuple[int, str, str]


@pytest.fixture
def omnigan(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    acme: Path,
) -> Callable[..., Said]:
    """Return a function that runs a command in an empty folder: status, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Said:
        status = main(words)
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def recipe(omnigan: Callable[..., Said]) -> str:
    """Return the file of a recipe for points on a circle."""
    Path("mine.yaml").write_text(
        "domain: toy\ntrain: {steps: 6, batch_size: 8, device: cpu}\nlog: {every: 2, samples: 3}\n"
    )
    return "mine.yaml"


@pytest.fixture
def trained(omnigan: Callable[..., Said], recipe: str) -> str:
    """Return the folder of a run of that recipe."""
    assert omnigan("train", recipe, "--out", "run")[0] == 0
    return "run"
