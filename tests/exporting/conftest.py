"""A tiny run of a third party's domain, and exports of it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import omnigan

RECIPE: dict[str, Any] = {
    "domain": "mixture",
    "data": {"examples": 64, "labels": True},
    "generator": {"width": 8, "depth": 2},
    "discriminator": {"width": 8, "depth": 2},
    "train": {"steps": 4, "batch_size": 8, "device": "cpu"},
    "log": {"every": 2, "evaluate_every": 2, "evaluate_samples": 20},
}


@pytest.fixture(scope="session")
def trained_once() -> dict[str, Path]:
    return {}


@pytest.fixture
def run(
    mixture: ModuleType,
    trained_once: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Return a run with labels and evaluations at the steps 2 and 4; do not change it."""
    if "run" not in trained_once:
        monkeypatch.setattr("omnigan.evaluation.two_sample._PATIENCE", 1)
        trained_once["run"] = omnigan.train(RECIPE, out=tmp_path_factory.mktemp("runs") / "ring")
    return trained_once["run"]


@pytest.fixture
def exported(run: Path, trained_once: dict[str, Path], tmp_path: Path) -> Path:
    """Return an export of the run, a copy that a test may damage."""
    if "export" not in trained_once:
        trained_once["export"] = omnigan.export(run, run.parent / "whole")
    return Path(shutil.copytree(trained_once["export"], tmp_path / "export"))


@pytest.fixture
def changed(exported: Path) -> Callable[..., Path]:
    """Return a function that writes other files into an export, with the hash that fits them."""

    def change(config: dict[str, Any] | None = None, model: bytes | None = None) -> Path:
        path = exported / "config.json"
        values = json.loads(path.read_text())
        if model is not None:
            (exported / "model.safetensors").write_bytes(model)
            values["sha256"] = hashlib.sha256(model).hexdigest()
        path.write_text(json.dumps(values | (config or {})))
        return exported

    return change
