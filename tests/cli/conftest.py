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
