"""Small data for every domain, and recipes that train on it in seconds."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pretty_midi
import soundfile
import yaml
from PIL import Image

__all__ = ["DOMAINS", "recipe_for", "small_recipe", "write_recipe"]

BEST = {"audio": "level (dB)", "image": "auto", "music": "empty bars", "text": "unique texts"}
"""Metrics that have a value for so few examples."""
WORDS = ("red", "green", "blue", "black", "white", "grey")
STEPS = 12


def _melodies(folder: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    for number in range(12):
        piece = pretty_midi.PrettyMIDI()
        track = pretty_midi.Instrument(0, name="Lead")
        for beat in range(24):
            pitch = int(rng.integers(60, 72))
            track.notes.append(pretty_midi.Note(80, pitch, beat / 2, beat / 2 + 0.5))
        piece.instruments.append(track)
        piece.write(str(folder / f"{number:02}.mid"))
    return {
        "data": {"bars": 1},
        "generator": {"width": 8, "z": 4, "bar_z": 4},
        "discriminator": {"width": 8},
    }


def _pictures(folder: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    for number in range(96):
        path = folder / ("dark", "light")[number % 2] / f"{number:02}.png"
        path.parent.mkdir(exist_ok=True)
        pixels = rng.integers(0, 128, (8, 8, 3)) + 100 * (number % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    return {
        "data": {"labels": "folder", "held_out": 0.5},
        "generator": {"width": 8, "z": 8},
        "discriminator": {"width": 8},
    }


def _sounds(folder: Path) -> dict[str, Any]:
    time = np.arange(2000) / 4000
    for number in range(12):
        wave = 0.5 * np.sin(2 * np.pi * 100 * (number + 1) * time) * np.exp(-6 * time)
        soundfile.write(folder / f"{number:02}.wav", wave, 4000)
    return {
        "data": {"rate": 4000, "length": 1024},
        "generator": {"width": 8},
        "discriminator": {"widths": {"log-spectrogram": 4}},
    }


def _texts(folder: Path) -> dict[str, Any]:
    lines = [f"{a} {b} sees {c}." for a in WORDS for b in WORDS for c in WORDS if a != b]
    for number in range(4):
        text = "\n".join(lines[number::4])
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return {
        "data": {"tokenizer": {"least": 1}},
        "generator": {"width": 16},
        "discriminator": {"width": 16, "size": 8},
    }


_MAKERS: Mapping[str, Callable[[Path], dict[str, Any]]] = {
    "audio": _sounds,
    "image": _pictures,
    "music": _melodies,
    "text": _texts,
}
DOMAINS = tuple(_MAKERS)


def recipe_for(domain: str, data: Path) -> dict[str, Any]:
    """Write a few files of a domain into a folder and return a recipe for them.

    Args:
        domain: One of :data:`DOMAINS`.
        data: The folder, made if missing.
    """
    data.mkdir(parents=True, exist_ok=True)
    sections = _MAKERS[domain](data)
    sections["data"]["source"] = str(data)
    return {
        "domain": domain,
        **sections,
        "train": {"steps": STEPS, "batch_size": 4, "device": "cpu", "threads": 1},
        "log": {
            "every": 2,
            "samples": 2,
            "samples_every": 5,
            "checkpoint_every": 3,
            "evaluate_every": 4,
            "evaluate_samples": 40 if domain == "image" else 12,
            "best": BEST[domain],
        },
    }


@cache
def small_recipe(domain: str) -> dict[str, Any]:
    """Return a recipe for files that are written, with their cache, into a new folder."""
    folder = Path(tempfile.mkdtemp(prefix="omnigan-faults-"))
    os.environ["OMNIGAN_CACHE"] = str(folder / "cache")
    return recipe_for(domain, folder / "data")


def write_recipe(path: Path, values: Mapping[str, Any]) -> Path:
    """Write a recipe file."""
    path.write_text(yaml.safe_dump(dict(values)), encoding="utf-8")
    return path
