"""What a model card tells to type works as it stands."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import omnigan
from omnigan.cli import main

RATE = 4000
FOLDER = "path/to/this/folder"


Follow = Callable[[Path], list[Any]]


@pytest.fixture
def follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Follow:
    """Return a function that does everything a card says but install.

    The folder ``here`` is made for it; the function returns the samples of the Python code.
    """
    here = tmp_path / "here"
    here.mkdir()
    noise = 0.1 * np.random.default_rng(0).standard_normal(3 * RATE)
    soundfile.write(here / "my-file", noise.clip(-1, 1), RATE, format="WAV")

    def do(export: Path) -> list[Any]:
        card = (export / "README.md").read_text(encoding="utf-8")
        (here / FOLDER).parent.mkdir(parents=True)
        (here / FOLDER).symlink_to(export, target_is_directory=True)
        monkeypatch.chdir(here)
        names: dict[str, Any] = {}
        exec("".join(blocks(card, "python")), names)
        lines = [line for text in blocks(card, "sh") for line in text.splitlines()]
        for program, *words in map(shlex.split, lines):
            if program == "omnigan":
                assert main(words) == 0
            elif program == "python":
                shutil.copy(here / "my-file", export)
                command = [sys.executable, *words, "--out", here / "of-example"]
                subprocess.run(command, cwd=export, check=True, timeout=60, capture_output=True)
        programs = {line.split()[0] for line in lines}
        assert {"pip", "omnigan"} <= programs
        assert ("python" in programs) == (export / "example.py").exists()
        samples: list[Any] = names["samples"]
        return samples

    return do


def blocks(card: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", card, re.M | re.S)


def test_of_a_generator_that_draws(exported: Path, tmp_path: Path, follow: Follow) -> None:
    assert len(follow(exported)) == 4
    assert len((tmp_path / "here/samples/points.txt").read_text().splitlines()) == 4


@pytest.fixture
def vocoder(tiny_recipe: Callable[[str, Path], dict[str, Any]], tmp_path: Path) -> Path:
    """Return a run of a vocoder whose sounds are gone."""
    data = tmp_path / "data"
    data.mkdir()
    recipe = tiny_recipe("audio", data)
    recipe["generator"] |= {"body": "istft", "vocoder": True, "bands": 16, "depth": 1}
    run = omnigan.train(recipe, out=tmp_path / "run")
    data.rename(tmp_path / "elsewhere")
    return run


def seconds(path: Path) -> float:
    return float(soundfile.info(path).duration)


def test_of_a_generator_that_works_on_a_file(
    vocoder: Path, tmp_path: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object) -> None:
        raise AssertionError("an export for this package alone has no use for it")

    monkeypatch.setattr("omnigan_audio.AudioDomain.standalone", refuse)
    out = omnigan.export(vocoder, tmp_path / "model")
    assert "There are none here" in (out / "README.md").read_text()
    assert len(follow(out)) == 1
    assert seconds(tmp_path / "here/samples/000.wav") == pytest.approx(3, abs=0.05)


@pytest.mark.slow
def test_of_an_example_that_works_on_a_file(
    vocoder: Path, tmp_path: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnigan_audio.networks.vocoder.ROUNDS", 2)
    follow(omnigan.export(vocoder, tmp_path / "model", format="onnx"))
    made = tmp_path / "here/of-example/my-file-made.wav"
    assert seconds(made) == pytest.approx(3, abs=0.05)
