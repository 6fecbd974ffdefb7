"""The pages of the documentation, and a small world in which their commands run.

Commands that train or need the network are checked without being run: their options by the real
command line, their recipe and its overrides by the real loader. All others run as they stand, on
runs that have the names the pages use but were trained for two steps on a few made-up files, with
the options of ``CHEAP`` behind them. ``<!-- not run -->`` above a block: it is only checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pretty_midi
import pytest
import soundfile
import yaml
from PIL import Image

import omnigan
from omnigan.api import train

CHECKOUT = Path(__file__).parents[2]
PAGES = sorted(
    [*CHECKOUT.glob("docs/**/*.md"), CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md"]
)
FENCE = re.compile(
    r'^(<!-- not run -->\n)?```(\w*)(?: title="(.*?)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL
)
WORDS = ("red", "green", "blue", "black", "white", "grey")


@dataclass(frozen=True)
class Block:
    """A block of code: its language, the file it belongs to, and whether it may be run."""

    language: str
    title: str
    text: str
    runs: bool


@dataclass(frozen=True)
class Page:
    """A page of the documentation."""

    path: Path
    text: str

    @property
    def blocks(self) -> list[Block]:
        return [Block(b, c, d, not a) for a, b, c, d in FENCE.findall(self.text)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Call each test that takes a page with every page."""
    if "page" in metafunc.fixturenames:
        pages = [Page(path, path.read_text(encoding="utf-8")) for path in PAGES]
        names = [path.relative_to(CHECKOUT).with_suffix("").as_posix() for path in PAGES]
        metafunc.parametrize("page", pages, ids=names)


def melodies(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(12):
        piece = pretty_midi.PrettyMIDI()
        track = pretty_midi.Instrument(0, name="Lead")
        scale = (0, 2, 4, 5, 7, 9, 11) if number % 2 else (0, 2, 3, 5, 7, 8, 10)
        for beat in range(32):
            pitch = 60 + scale[int(rng.integers(7))]
            track.notes.append(pretty_midi.Note(80, pitch, beat / 2, beat / 2 + 0.5))
        piece.instruments.append(track)
        piece.write(str(folder / f"{number}.mid"))


def pictures(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(24):
        path = folder / "37"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        pixels = rng.integers(0, 128, (8, 8)) + 100 * (number % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(path)


def sounds(folder: Path) -> None:
    time = np.arange(2000) / 4000
    for number in range(12):
        path = folder / ("kick", "piano")[number % 2] / f"{number}_{60 + number // 2}.wav"
        path.parent.mkdir(exist_ok=True)
        wave = 0.5 * np.sin(2 * np.pi * 100 * (number + 1) * time) * np.exp(-6 * time)
        soundfile.write(path, wave, 4000)


def texts(folder: Path) -> None:
    lines = [f"Return the {a} {b} of {c}." for a in WORDS for b in WORDS for c in WORDS if a != b]
    (folder / "texts.txt").write_text("\n".join(lines), encoding="utf-8")


DATA = {"music": melodies, "image": pictures, "audio": sounds, "text": texts}
TINY = {
    "music": "{data: {bars: 1}, generator: {width: 8, z: 4, bar_z: 4}, discriminator: {width: 8}}",
    "image": "{data: {labels: folder}, generator: {width: 8}, discriminator: {width: 8}}",
    "audio": "{data: {rate: 4000, length: 1024, labels: folder}, generator: {width: 8},"
    " discriminator: {widths: {log-spectrogram: 4}}}",
    "text": "{data: {tokenizer: {least: 1}}, generator: {width: 16},"
    " discriminator: {width: 16, size: 8}}",
}
# What runs in the documentation are called, with their domain and what sets them apart.
RUNS = {
    "my": ("music", []),
    "music": (
        "music",
        ["log.evaluate_every=2", "log.evaluate_samples=8", "log.best=distinct phrases"],
    ),
    "music-mode": ("music", ["data.labels=mode"]),
    "image": ("image", []),
    "digits": ("image", []),
    "audio": ("audio", []),
    "notes": ("audio", ["data.pitch=auto"]),
    "words": ("audio", ["generator={body: istft, width: 8}", "data.labels=none"]),
    "vocoder": (
        "audio",
        ["data.labels=none", "generator={body: istft, vocoder: true, width: 8, bands: 16}"],
    ),
    "text": ("text", []),
    "likelihood": ("text", ["train.objective=likelihood"]),
}


@dataclass(frozen=True)
class World:
    """A folder with data, and runs that are trained when they are asked for."""

    folder: Path

    def data(self, domain: str) -> Path:
        """Return a folder of made-up files of a domain."""
        folder = self.folder / f"my-{domain}"
        if not folder.exists():
            folder.mkdir()
            DATA[domain](folder)
        return folder

    def overrides(self, domain: str) -> list[str]:
        """Return what makes any recipe of a domain tiny."""
        sections = yaml.safe_load(TINY[domain])
        tiny = [f"{s}.{k}={v}" for s, given in sections.items() for k, v in given.items()]
        source = f"data.source={self.data(domain)}"
        return [source, *tiny, "train.steps=2", "train.batch_size=4", "log.samples=2"]

    def recipe(self, domain: str) -> dict[str, Any]:
        """Return a tiny recipe."""
        sections: dict[str, Any] = yaml.safe_load(TINY[domain])
        sections["data"]["source"] = str(self.data(domain))
        train = {"steps": 2, "batch_size": 4, "device": "cpu"}
        return {"domain": domain, **sections, "train": train, "log": {"samples": 2}}

    def run(self, name: str) -> Path:
        """Return the run that a page calls ``runs/NAME``."""
        folder = self.folder / "runs" / name
        if not folder.exists():
            base = re.sub(r"-\d+$", "", name)
            assert base in RUNS, f"add the run '{base}' to RUNS in {__file__}"
            domain, words = RUNS[base]
            train(self.recipe(domain), words, out=folder)
        return folder


@pytest.fixture(scope="session")
def world_once(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    (folder / "runs").mkdir()
    return World(folder)


@pytest.fixture
def world(world_once: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Go to an empty folder with the runs and files that pages speak of."""
    # telling generated from real examples is most of the time of an evaluation
    monkeypatch.setattr("omnigan.evaluation.two_sample._PATIENCE", 1)
    monkeypatch.chdir(tmp_path)
    Path("runs").symlink_to(world_once.folder / "runs", target_is_directory=True)
    Path("recipes").symlink_to(CHECKOUT / "recipes", target_is_directory=True)

    def briefly(recipe: str | Path, overrides: list[str], **options: Any) -> Path:
        domain = yaml.safe_load(Path(recipe).read_text(encoding="utf-8"))["domain"]
        out = tmp_path / "run"
        return train(recipe, [*overrides, *world_once.overrides(domain)], out=out, **options)

    monkeypatch.setattr(omnigan, "train", briefly)
    return world_once


@pytest.fixture
def blocks_of() -> Callable[[Path], list[Block]]:
    """Return a function that gives the blocks of a page."""
    return lambda path: Page(path, path.read_text(encoding="utf-8")).blocks
