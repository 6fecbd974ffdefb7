"""Recipes that train in a moment: of the domain mixture, and of our own with small made-up files.

A plug-in of pytest, so that the test folders share it without importing one another.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pretty_midi
import pytest
import soundfile
from PIL import Image

__all__ = ["mixture_recipe", "tiny_recipe"]

RATE = 4000
WORDS = ("red", "green", "blue", "black", "white")

Sections = dict[str, Any]


@pytest.fixture
def mixture_recipe() -> Sections:
    """Return a recipe of the domain mixture, with labels; it needs the fixture ``mixture``."""
    return {
        "domain": "mixture",
        "data": {"examples": 64, "labels": True},
        "generator": {"width": 8, "depth": 2},
        "discriminator": {"width": 8, "depth": 2},
        "train": {"steps": 4, "batch_size": 8, "device": "cpu"},
        "log": {"every": 2},
    }


@pytest.fixture(scope="session")
def tiny_recipe() -> Callable[[str, Path], Sections]:
    """Return a function that fills a folder for a domain and returns a recipe for what is there."""
    makers = {"audio": sounds, "image": pictures, "music": melodies, "text": texts}

    def make(domain: str, folder: Path) -> Sections:
        recipe = makers[domain](folder)
        recipe["domain"] = domain
        recipe["data"]["source"] = str(folder)
        recipe["train"] = {"steps": 2, "batch_size": 4, "device": "cpu"}
        recipe["log"] = {"samples": 2}
        return recipe

    return make


def melodies(folder: Path) -> Sections:
    """Write twelve melodies of 16 bars."""
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
        "data": {"tracks": "auto", "bars": 1},
        "generator": {"width": 8, "z": 4, "bar_z": 4},
        "discriminator": {"width": 8},
    }


def pictures(folder: Path) -> Sections:
    """Write 40 pictures with the labels dark and light."""
    rng = np.random.default_rng(0)
    for number in range(40):
        path = folder / ("dark", "light")[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        pixels = rng.integers(0, 128, (8, 8, 3)) + 100 * (number % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    return {
        "data": {"labels": "folder"},
        "generator": {"width": 8, "z": 8},
        "discriminator": {"width": 8},
    }


def sounds(folder: Path) -> Sections:
    """Write 40 fading tones, whose names end with their pitch."""
    time = np.arange(1100) / RATE
    for number in range(40):
        pitch = 50 + number % 8
        wave = np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time) * np.exp(-6 * time)
        soundfile.write(folder / f"{number}-{pitch}.wav", 0.5 * wave, RATE)
    return {
        "data": {"rate": RATE, "length": 1024},
        "generator": {"width": 8},
        "discriminator": {"widths": {"log-spectrogram": 4}},
    }


def texts(folder: Path) -> Sections:
    """Write a hundred sentences, a line each."""
    lines = [f"{a} {b} sees {c}." for a in WORDS for b in WORDS for c in WORDS if a != b]
    (folder / "texts.txt").write_text("\n".join(lines), encoding="utf-8")
    return {
        "data": {"tokenizer": {"least": 1}},
        "generator": {"width": 16},
        "discriminator": {"width": 16, "size": 8},
    }
