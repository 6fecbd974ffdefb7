"""Tiny runs and exports of third parties' domains, and small data for each of ours."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pretty_midi
import pytest
import soundfile
import torch
import yaml
from PIL import Image

import omnigan
from omnigan.domain import Domain
from omnigan.exporting.onnx.check import Difference
from omnigan.exporting.onnx.write import write_onnx
from omnigan.plugins import load_domain
from omnigan.sampling import Trained

RECIPE: dict[str, Any] = {
    "domain": "mixture",
    "data": {"examples": 64, "labels": True},
    "generator": {"width": 8, "depth": 2},
    "discriminator": {"width": 8, "depth": 2},
    "train": {"steps": 4, "batch_size": 8, "device": "cpu"},
    "log": {"every": 2, "evaluate_every": 2, "evaluate_samples": 20},
}


WORDS = ("red", "green", "blue", "black", "white", "grey")


def melodies(folder: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    for number in range(12):
        piece = pretty_midi.PrettyMIDI()
        track = pretty_midi.Instrument(0, name="Lead")
        for beat in range(24):
            pitch = int(rng.integers(60, 72))
            track.notes.append(pretty_midi.Note(80, pitch, beat / 2, beat / 2 + 0.5))
        piece.instruments.append(track)
        piece.write(str(folder / f"{number}.mid"))
    return {
        "data": {"tracks": "auto", "bars": 1},
        "generator": {"width": 8, "z": 4, "bar_z": 4},
        "discriminator": {"width": 8},
    }


def pictures(folder: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    for number in range(24):
        path = folder / ("dark", "light")[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        pixels = rng.integers(0, 128, (8, 8, 3)) + 100 * (number % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    return {
        "data": {"labels": "folder"},
        "generator": {"width": 8, "z": 8},
        "discriminator": {"width": 8},
    }


def sounds(folder: Path) -> dict[str, Any]:
    time = np.arange(2000) / 4000
    for number in range(12):
        wave = 0.5 * np.sin(2 * np.pi * 100 * (number + 1) * time) * np.exp(-6 * time)
        soundfile.write(folder / f"{number}.wav", wave, 4000)
    return {
        "data": {"rate": 4000, "length": 1024},
        "generator": {"width": 8},
        "discriminator": {"widths": {"log-spectrogram": 4}},
    }


def texts(folder: Path) -> dict[str, Any]:
    lines = [f"{a} {b} sees {c}." for a in WORDS for b in WORDS for c in WORDS if a != b]
    (folder / "texts.txt").write_text("\n".join(lines), encoding="utf-8")
    return {
        "data": {"tokenizer": {"least": 1}},
        "generator": {"width": 16},
        "discriminator": {"width": 16, "size": 8},
    }


@pytest.fixture
def small_data() -> dict[str, Callable[[Path], dict[str, Any]]]:
    """Return, for each domain, what writes a few files and returns a recipe's sections for them."""
    return {"music": melodies, "image": pictures, "audio": sounds, "text": texts}


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


# ---- fresh generators of the shipped recipes, as ONNX --------------------------------------------

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
    small_data: Mapping[str, Callable[[Path], dict[str, Any]]],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Path], Made]:
    """Return a function that exports a fresh generator of a recipe; those alike are made once."""
    monkeypatch.setattr("omnigan_audio.networks.vocoder.ROUNDS", FEW_ROUNDS)

    def export(recipe: Path) -> Made:
        values = yaml.safe_load(recipe.read_text(encoding="utf-8"))
        name = values["domain"]
        generator = values.get("generator", {}) | NARROW[name]
        generator |= MORE.get(generator.get("body", ""), {})
        if generator.get("vocoder"):
            generator["bands"] = 16
        kind = load_domain(name)
        key = f"{name}: {kind.Config.model_validate({'generator': generator}).generator}"
        if key not in _made:
            data = tmp_path_factory.mktemp("data")
            sections = small_data[name](data) | {"generator": generator}
            sections["data"]["source"] = str(data)
            domain = kind(kind.Config.model_validate(sections)).resolve()
            _made[key] = _fresh_export(name, domain, tmp_path_factory.mktemp("export"))
        return _made[key]

    return export


def _fresh_export(name: str, domain: Domain, out: Path) -> Made:
    torch.manual_seed(0)
    network = domain.generator()
    domain.initialise(network, domain.discriminator())
    trained = Trained(domain, network, 0, torch.device("cpu"))
    return domain, out, write_onnx(trained, name, out)
