"""Tiny runs and exports of third parties' domains, and ONNX exports of ours."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor, nn

import omnigan
from omnigan.cli import main
from omnigan.domain import Domain
from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.step import Adversaries
from omnigan.exporting.onnx.check import Difference
from omnigan.exporting.onnx.write import write_onnx
from omnigan.plugins import load_domain
from omnigan.recipe.load import load_recipe
from omnigan.sampling import Trained


@pytest.fixture(scope="session")
def trained_once() -> dict[str, Path]:
    return {}


@pytest.fixture
def run(
    mixture: ModuleType,
    mixture_recipe: dict[str, Any],
    trained_once: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Return a run with labels and evaluations at the steps 2 and 4; do not change it."""
    if "run" not in trained_once:
        monkeypatch.setattr("omnigan.evaluation.two_sample._PATIENCE", 1)
        words = ["log.evaluate_every=2", "log.evaluate_samples=20"]
        out = tmp_path_factory.mktemp("runs") / "ring"
        trained_once["run"] = omnigan.train(mixture_recipe, words, out=out)
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


# ---- generators of the shipped recipes after a little training, as ONNX ------------------------

STEPS = 50

NARROW: dict[str, dict[str, Any]] = {
    "image": {"width": 8, "z": 8},
    "music": {"width": 8, "z": 4, "bar_z": 4},
    "audio": {"width": 8, "z": 8},
    "text": {"width": 8},
}
"""What every generator of a domain is narrowed to; then what some bodies need besides."""
MORE: dict[str, dict[str, Any]] = {
    "r3gan": {"multipliers": "auto", "group_size": 4},
    "istft": {"depth": 1},
    "transformer": {"transformer": {"n_layer": 1, "n_head": 2}},
}
FEW_ROUNDS = 2
"""Of a vocoder's consistency layer, which repeats the same operations 40 times."""

Made = tuple[Domain, Path, Difference]
_made: dict[str, Made] = {}


@pytest.fixture
def exported_recipe(
    tiny_recipe: Callable[[str, Path], dict[str, Any]],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Path], Made]:
    """Return a function that trains and exports a recipe's generator; those alike are made once."""
    monkeypatch.setattr("omnigan_audio.networks.vocoder.ROUNDS", FEW_ROUNDS)

    def export(recipe: Path) -> Made:
        values = yaml.safe_load(recipe.read_text(encoding="utf-8"))
        name = values["domain"]
        generator = values.get("generator", {}) | NARROW[name]
        generator |= MORE.get(generator.get("body", ""), {})
        if generator.get("vocoder"):
            generator["bands"] = 16
        pitched = {"pitch": "auto"} if generator.get("harmonics") else {}
        kind, sections = load_domain(name), {"data": pitched, "generator": generator}
        key = f"{name}: {kind.Config.model_validate(sections).generator}"
        if key not in _made:
            tiny = tiny_recipe(name, tmp_path_factory.mktemp("data"))
            tiny["generator"] = generator
            tiny["data"] |= pitched
            trained = _trained(tiny)
            out = tmp_path_factory.mktemp("export")
            _made[key] = trained.domain, out, write_onnx(trained, name, out)
        return _made[key]

    return export


def _trained(recipe: dict[str, Any]) -> Trained:
    """Return the moving average after :data:`STEPS`, without a run folder."""
    recipe["train"]["steps"] = STEPS
    loaded = load_recipe(recipe)
    domain = loaded.domain_class(loaded.domain_config).resolve()
    train, device = loaded.recipe.train, torch.device("cpu")
    game = Adversaries(domain, train, 0, device)
    data = batches(BatchOrder(domain.source("train"), train.batch_size, 0), 0, 0)
    for _ in range(STEPS):
        game.advance(data)
    return Trained(domain, game.average, STEPS, device)


@pytest.fixture
def folder(run: Path, trained_once: dict[str, Path]) -> Path:
    """Return an ONNX export of the run; do not change it."""
    if "onnx" not in trained_once:
        out = run.parent / "onnx"
        assert main(["export", str(run), str(out), "--format", "onnx"]) == 0
        trained_once["onnx"] = out
    return trained_once["onnx"]


class Network(nn.Module):
    """A generator of two numbers by a formula."""

    def __init__(self, formula: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.formula = formula

    def forward(self, z: Tensor, **others: Tensor) -> Tensor:
        return self.formula(z)


@pytest.fixture
def made(mixture: ModuleType) -> Callable[..., Trained]:
    """Return a function that makes a generator by a formula, with other methods of its domain."""

    def make(formula: Callable[[Tensor], Tensor], **methods: Any) -> Trained:
        changed = type("Changed", (mixture.MixtureDomain,), methods)
        return Trained(changed(mixture.Config()), Network(formula), 0, torch.device("cpu"))

    return make
