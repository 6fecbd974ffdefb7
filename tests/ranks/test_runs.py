"""Whole runs by the command line: two processes end where one does that takes the same parts."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pretty_midi
import pytest
import soundfile
from PIL import Image

Recipe = Callable[..., str]
COMMON: dict[str, Any] = {
    "train": {"steps": 3, "batch_size": 5, "device": "cpu", "threads": 1},
    "log": {"every": 1, "samples": 2, "samples_every": 3, "checkpoint_every": 3},
}


def pictures(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(12):
        pixels = rng.integers(0, 255, (8, 8)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")


def melodies(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(12):
        piece = pretty_midi.PrettyMIDI()
        track = pretty_midi.Instrument(0, name="Lead")
        for beat in range(16):
            pitch = 60 + int(rng.integers(12))
            track.notes.append(pretty_midi.Note(80, pitch, beat / 2, beat / 2 + 0.5))
        piece.instruments.append(track)
        piece.write(str(folder / f"{number}.mid"))


def sounds(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(12):
        soundfile.write(folder / f"{number}.wav", 0.1 * rng.standard_normal(2000), 4000)


def texts(folder: Path) -> None:
    words = ("red", "green", "blue", "black", "white")
    lines = [f"The {a} {b} of {c}." for a in words for b in words for c in words if a != b]
    (folder / "texts.txt").write_text("\n".join(lines), encoding="utf-8")


DOMAINS: dict[str, tuple[Callable[[Path], None], dict[str, Any]]] = {
    "image": (
        pictures,
        {
            "generator": {"width": 8},
            "discriminator": {"width": 8},
            "train": {"augment": {"target": 0.3, "speed": 10, "start": 0.2}, "clip": 0.5},
        },
    ),
    "music": (
        melodies,
        {
            "data": {"bars": 1},
            "generator": {"width": 8, "z": 4, "bar_z": 4},
            "discriminator": {"width": 8},
            "train": {"augment": 0.5, "discriminator_steps": 2},
        },
    ),
    "audio": (
        sounds,
        {
            "data": {"rate": 4000, "length": 1024},
            "generator": {"width": 8},
            "discriminator": {"widths": {"log-spectrogram": 4}},
            "train": {"workers": 1},
        },
    ),
    "text": (
        texts,
        {
            "data": {"tokenizer": {"least": 1}},
            "generator": {"width": 16},
            "discriminator": {"width": 16, "size": 8},
            "train": {"warmup": {"steps": 2}, "steps": 5, "stopping": {"every": 1, "patience": 3}},
        },
    ),
}


def lines(folder: Path) -> list[dict[str, Any]]:
    """Return what is in the journal."""
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def same_lines(first: Path, second: Path) -> bool:
    """Tell whether two journals say the same but for rounding."""
    mine, theirs = lines(first), lines(second)
    return len(mine) == len(theirs) and all(
        a == pytest.approx(b, rel=1e-4, abs=1e-6) if "d_loss" in a else a == b
        for a, b in zip(mine, theirs, strict=True)
    )


@pytest.mark.slow
@pytest.mark.parametrize("domain", DOMAINS)
def test_every_domain(
    *, domain: str, recipe: Recipe, crew: Any, alone: Any, runs: Any, tmp_path: Path
) -> None:
    make, sections = DOMAINS[domain]
    source = tmp_path / "data"
    source.mkdir()
    make(source)
    both = {name: {**values, **sections.get(name, {})} for name, values in COMMON.items()}
    data = {"source": str(source), **sections.get("data", {})}
    path = recipe({"domain": domain, **sections, **both, "data": data})
    assert crew.train(path, "--out", str(tmp_path / "two")) == [0, 0], crew.said(0)
    one = alone(path, "train.accumulate=2", "train.workers=0")
    assert runs.distance(one, tmp_path / "two") == 0  # a sum of two has no order
    assert same_lines(one, tmp_path / "two")
    assert list((tmp_path / "two" / "samples").glob("step-*/*"))


def test_dropout_reading_and_uneven_parts_do_not_depend_on_who_computes_them(
    recipe: Recipe, crew: Any, alone: Any, runs: Any, tmp_path: Path
) -> None:
    path = recipe()
    assert crew.train(path, "--out", str(tmp_path / "three"), size=3) == [0, 0, 0], crew.said(0)
    one = alone(path, "train.accumulate=3")
    assert 0 < runs.distance(one, tmp_path / "three") < 1e-4
    assert same_lines(one, tmp_path / "three")
    assert json.loads((tmp_path / "three" / "environment.json").read_text())["processes"] == 3


def test_the_first_process_alone_writes_and_speaks(
    recipe: Recipe, crew: Any, tmp_path: Path
) -> None:
    assert crew.train(recipe(), "train.steps=4", "log.evaluate_every=2") == [0, 0], crew.said(0)
    assert [path.name for path in (tmp_path / "folder-0" / "runs").iterdir()] == ["mine-001"]
    assert list((tmp_path / "folder-1").iterdir()) == []
    assert crew.said(1) == ""
    said = crew.said(0)
    assert said.count("The run is in runs/mine-001") == 1
    assert "error" not in said


@pytest.mark.parametrize("before", [1, 2])
def test_a_run_goes_on_with_another_number_of_processes(
    *, recipe: Recipe, crew: Any, alone: Any, runs: Any, tmp_path: Path, before: int
) -> None:
    """It is stopped by a signal, and goes on with two processes instead of one or the reverse."""
    path, out = recipe(), tmp_path / "run"
    whole = alone(path, "train.accumulate=2")
    words = ("--out", str(out))
    parts = "train.accumulate=2"  # two processes have two parts in any case
    often = ("log.every=1", "log.checkpoint_every=1")
    crew.begin(path, parts, *often, *words, size=before)
    runs.wait_for(out, 3)
    crew.processes[0].terminate()
    assert set(crew.wait()) == {128 + signal.SIGTERM}, crew.said(0)
    assert 3 <= runs.newest(out) < 30
    statuses = crew.train(path, parts, *often, *words, "--resume", size=3 - before)
    assert set(statuses) == {0}, crew.said(0)
    assert runs.distance(whole, out) == 0
    assert [each["step"] for each in lines(out) if "d_loss" in each] == list(range(1, 31))
