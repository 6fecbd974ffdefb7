"""Tiny runs of all four domains, with a folder of files like those they were trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import omnigan

MORE = {"audio": ["data.pitch=auto"], "text": ["data.held_out=0.4"]}


@pytest.fixture(scope="module")
def tiny_run(
    tiny_recipe: Callable[[str, Path], dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Path, Path]]:
    """Return a function that gives a run of a domain, and the folder of its data."""
    made: dict[str, tuple[Path, Path]] = {}

    def run(domain: str) -> tuple[Path, Path]:
        if domain not in made:
            data = tmp_path_factory.mktemp(domain)
            words = ["data.held_out=0.5", *MORE.get(domain, [])]
            out = tmp_path_factory.mktemp("run") / "run"
            made[domain] = omnigan.train(tiny_recipe(domain, data), words, out=out), data
        return made[domain]

    return run
