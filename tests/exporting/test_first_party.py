"""Music, pictures, sounds and texts: an export gives the run's bytes with nothing else at hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pretty_midi
import pytest
import soundfile
import yaml
from PIL import Image

import omnigan
from omnigan.errors import UserError

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


DOMAINS = {"music": melodies, "image": pictures, "audio": sounds, "text": texts}
TAGS = {"image": "unconditional-image-generation", "text": "text-generation"}

ALONE = """
import sys
for extra in ("mlxtend", "music21", "onnx", "onnxruntime", "onnxscript"):
    sys.modules[extra] = None  # which makes importing it an error
import torch
torch.set_num_threads(1)
from omnigan.cli import main
sys.exit(main(["sample", sys.argv[1], "--count", "3", "--seed", "5", "--out", sys.argv[2]]))
"""


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("domain", DOMAINS)
def test_an_export_works_without_data_cache_and_extras(domain: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    make: Callable[[Path], dict[str, Any]] = DOMAINS[domain]
    recipe = make(data)
    recipe["domain"] = domain
    recipe["data"]["source"] = str(data)
    recipe["train"] = {"steps": 2, "batch_size": 4, "device": "cpu"}
    recipe["log"] = {"samples": 2}
    run = omnigan.train(recipe, out=tmp_path / "run")
    out = omnigan.export(run, tmp_path / "model")
    trained = omnigan.load(run)
    trained.render(trained.generate(3, seed=5).x, tmp_path / "expected")

    data.rename(tmp_path / "elsewhere")
    run.rename(tmp_path / "no-run")
    paths = [str(Path(omnigan.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "OMNIGAN_CACHE": str(tmp_path / "cache"),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
    subprocess.run(
        [sys.executable, "-c", ALONE, str(out), str(tmp_path / "made")],
        env=environment,
        cwd=tmp_path / "elsewhere",
        check=True,
        timeout=120,
    )
    assert contents(tmp_path / "made") == contents(tmp_path / "expected")
    assert len(contents(tmp_path / "made")) >= 3
    assert not (tmp_path / "cache").exists()

    card = (out / "README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["tags"] == ["omnigan", "gan", domain]
    assert front.get("pipeline_tag") == TAGS.get(domain)
    for sentence in json.loads((tmp_path / "no-run" / "data.json").read_text())["summary"]:
        assert sentence.split(":")[0] in card
    assert len(list((out / "samples").iterdir())) >= 8
    with pytest.raises(UserError, match="data"):
        omnigan.evaluate(out, 4)
