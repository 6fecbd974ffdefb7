"""The generator of every shipped recipe exports as ONNX, and what its program writes is right.

Networks are as narrow as they can be, and trained on a few files for fifty steps.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pretty_midi
import pytest
import soundfile
import torch
from PIL import Image

from omnigan.domain import Domain
from omnigan.exporting.onnx.check import TOLERANCE, Difference

CHECKOUT = Path(__file__).parents[2]
RECIPES = sorted((CHECKOUT / "recipes").glob("*.yaml"))
Made = tuple[Domain, Path, Difference]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_the_generator_of_a_shipped_recipe_exports(
    recipe: Path, exported_recipe: Callable[[Path], Made]
) -> None:
    domain, folder, difference = exported_recipe(recipe)
    assert difference.maximum <= TOLERANCE
    assert difference.examples == 24
    if domain.space.symbols is not None:
        assert difference.undecided == 0
        model = onnx.load(folder / "model.onnx")
        onnx.checker.check_model(model, full_check=True)
        assert [node.op_type for node in model.graph.node].count("Scan") == 1  # over its places


def picture(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def notes(path: Path) -> list[Any]:
    midi = pretty_midi.PrettyMIDI(str(path))
    return [
        sorted((midi.time_to_tick(n.start), midi.time_to_tick(n.end), n.pitch) for n in track.notes)
        for track in midi.instruments
    ]


def samples(path: Path) -> np.ndarray:
    return np.asarray(soundfile.read(path, dtype="int16")[0])


def module_at(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("example", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_example(folder: Path, *options: str | Path) -> None:
    command = [sys.executable, "-I", folder / "example.py", *options]
    subprocess.run(command, check=True, timeout=60, capture_output=True)


@pytest.mark.parametrize(
    ("name", "ending", "read"),
    [
        ("image", ".png", picture),
        ("music", ".mid", notes),
        ("audio", ".wav", samples),
        ("text", ".txt", lambda path: path.read_bytes()),
    ],
)
def test_the_example_writes_what_the_domain_renders(
    name: str,
    ending: str,
    read: Callable[[Path], Any],
    exported_recipe: Callable[[Path], Made],
    tmp_path: Path,
) -> None:
    domain, folder, _ = exported_recipe(CHECKOUT / "recipes" / f"{name}.yaml")
    run_example(folder, "--count", "3", "--seed", "1", "--out", tmp_path / "mine")

    facts = json.loads((folder / "generator.json").read_text(encoding="utf-8"))
    example = module_at(folder / "example.py")
    drawn = example.draw(facts, example.BATCH, np.random.default_rng(1))
    feeds = {name: value[:3] for name, value in drawn.items()}
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    x = torch.from_numpy(session.run(None, feeds)[0])
    own = tmp_path / "own"
    own.mkdir()
    domain.render(x, own)
    assert len(list((tmp_path / "mine").iterdir())) == 3
    for number in range(3):
        file = f"{number:03d}{ending}"
        mine, wanted = read(tmp_path / "mine" / file), read(own / file)
        if name == "audio":
            assert np.abs(mine.astype(int) - wanted).max() <= 1
        else:
            assert np.array_equal(mine, wanted) if name == "image" else mine == wanted


def test_a_vocoders_rounds_are_one_loop(exported_recipe: Callable[[Path], Made]) -> None:
    _, folder, _ = exported_recipe(CHECKOUT / "recipes" / "vocoder.yaml")
    model = onnx.load(folder / "model.onnx")
    onnx.checker.check_model(model, full_check=True)  # in the loop, too
    assert [node.op_type for node in model.graph.node].count("Scan") == 1


def test_a_vocoders_example_makes_a_sound_of_a_sound(
    exported_recipe: Callable[[Path], Made], tmp_path: Path
) -> None:
    domain, folder, _ = exported_recipe(CHECKOUT / "recipes" / "vocoder.yaml")
    facts = json.loads((folder / "generator.json").read_text(encoding="utf-8"))
    rate, hop = facts["show"]["rate"], facts["inputs"][0]["draw"]["hop"]
    wave = 0.3 * np.random.default_rng(0).standard_normal(61 * hop + 7).clip(-2, 2)
    soundfile.write(tmp_path / "noise.wav", wave, rate)
    run_example(folder, tmp_path / "noise.wav", "--out", tmp_path / "out")
    made = samples(tmp_path / "out" / "noise-made.wav")
    assert made.shape == (62 * hop,)  # followed by silence up to a whole frame

    wish = domain.ask(str(tmp_path / "noise.wav"), torch.Generator())
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    [x] = session.run(None, {"mel": wish["mel"].numpy()})
    assert facts["output"]["shape"] == [1, "x_2"]
    own = tmp_path / "own"
    own.mkdir()
    domain.render(torch.from_numpy(x), own)
    assert np.abs(samples(own / "000.wav").astype(int) - made).max() <= 2
