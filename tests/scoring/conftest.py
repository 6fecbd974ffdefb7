"""Tiny runs of all four domains, with a folder of files like those they were trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pretty_midi
import pytest
import soundfile
from PIL import Image

import omnigan

RATE = 4000
WORDS = ("red", "green", "blue", "black", "white")


def _melodies(folder: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    for number in range(12):
        piece = pretty_midi.PrettyMIDI()
        track = pretty_midi.Instrument(0, name="Lead")
        for beat in range(64):
            pitch = int(rng.integers(60, 72))
            track.notes.append(pretty_midi.Note(80, pitch, beat / 2, beat / 2 + 0.5))
        piece.instruments.append(track)
        piece.write(str(folder / f"{number}.mid"))
    return {
        "data": {"tracks": "auto", "bars": 1, "held_out": 0.5},
        "generator": {"width": 8, "z": 4, "bar_z": 4},
        "discriminator": {"width": 8},
    }


def _pictures(folder: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    for number in range(40):
        path = folder / ("dark", "light")[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        pixels = rng.integers(0, 128, (8, 8, 3)) + 100 * (number % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    return {
        "data": {"labels": "folder", "held_out": 0.5},
        "generator": {"width": 8, "z": 8},
        "discriminator": {"width": 8},
    }


def _sounds(folder: Path) -> dict[str, Any]:
    time = np.arange(600) / RATE
    for number in range(40):
        pitch = 50 + number % 8
        wave = np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time) * np.exp(-6 * time)
        soundfile.write(folder / f"{number}-{pitch}.wav", 0.5 * wave, RATE)
    return {
        "data": {"rate": RATE, "length": 512, "pitch": "auto", "held_out": 0.5},
        "generator": {"width": 8},
        "discriminator": {"widths": {"log-spectrogram": 4}},
    }


def _texts(folder: Path) -> dict[str, Any]:
    lines = [f"{a} {b} sees {c}." for a in WORDS for b in WORDS for c in WORDS if a != b]
    (folder / "texts.txt").write_text("\n".join(lines), encoding="utf-8")
    return {
        "data": {"tokenizer": {"least": 1}, "held_out": 0.4},
        "generator": {"width": 16},
        "discriminator": {"width": 16, "size": 8},
    }


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Path]]:
    """Return a function that gives a run of a domain, and the folder of its data."""
    makers = {"audio": _sounds, "image": _pictures, "music": _melodies, "text": _texts}
    made: dict[str, tuple[Path, Path]] = {}

    def run(domain: str) -> tuple[Path, Path]:
        if domain not in made:
            data = tmp_path_factory.mktemp(domain)
            recipe = makers[domain](data)
            recipe["domain"] = domain
            recipe["data"]["source"] = str(data)
            recipe["train"] = {"steps": 2, "batch_size": 4, "device": "cpu"}
            recipe["log"] = {"samples": 2}
            made[domain] = omnigan.train(recipe, out=tmp_path_factory.mktemp("run") / "run"), data
        return made[domain]

    return run
