"""Run folders made by hand: a report needs no training."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml
from PIL import Image

VOID = {"br", "img", "input", "link", "meta"}


class Run:
    """Writes the files of a run folder.

    Args:
        folder: Its path; it is made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)

    def recipe(self, **values: Any) -> None:
        recipe = {"domain": "toy", "train": {"steps": 100, "batch_size": 8}, **values}
        self.folder.joinpath("recipe.yaml").write_text(yaml.safe_dump(recipe, allow_unicode=True))

    def json(self, name: str, values: Any) -> None:
        self.folder.joinpath(name).write_text(json.dumps(values))

    def metrics(self, lines: Sequence[Any], name: str = "metrics.jsonl") -> None:
        with self.folder.joinpath(name).open("a") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)

    def samples(self, step: int | None) -> Path:
        """Return the folder of a step's samples, or of the real examples; it is made."""
        path = self.folder / "samples" / ("real" if step is None else f"step-{step:08d}")
        path.mkdir(parents=True, exist_ok=True)
        return path

    @staticmethod
    def picture(path: Path, size: tuple[int, int] = (40, 30), seed: int = 0) -> None:
        """Write noise, which no format makes much smaller."""
        rng = np.random.default_rng(seed)
        values = rng.integers(0, 256, (size[1], size[0], 3), np.uint8)
        Image.fromarray(values).save(path)

    @staticmethod
    def tone(
        path: Path, seconds: float = 0.5, rate: int = 8000, hertz: float = 440, channels: int = 1
    ) -> None:
        """Write a tone, the same in every channel."""
        time = np.arange(round(seconds * rate)) / rate
        wave = 0.5 * np.sin(2 * np.pi * hertz * time)
        soundfile.write(path, np.stack([wave] * channels, 1), rate, "PCM_16")


class Page(HTMLParser):
    """A page, read by the standard library, which complains about tags that do not match.

    Attributes:
        elements: Every element with its attributes.
        words: Text outside of scripts and styles.
        blocks: Texts of scripts and styles by name of the tag.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.blocks: dict[str, list[str]] = {"script": [], "style": []}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names)
        self.elements.append((tag, dict(attrs)))
        if tag in self.blocks:
            self.blocks[tag].append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in self.blocks:
            self.blocks[self._open[-1]][-1] += data
        else:
            self.words += data

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        """Return the attributes of the elements of a kind that have some values."""
        return [
            found
            for name, found in self.elements
            if name == tag and attributes.items() <= found.items()
        ]


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Run]:
    """Return a function that begins an empty run folder, by default ``tmp_path/run``."""
    return lambda name="run": Run(tmp_path / name)


@pytest.fixture
def run(make_run: Callable[..., Run]) -> Run:
    """Return a small finished run with a picture, a sound, notes and a text at three steps."""
    made = make_run()
    made.recipe()
    made.json("data.json", {"summary": ["Toys: 64 to train on."], "toys": {"train": 64}})
    made.json("environment.json", {"omnigan": "0.1.0", "device": "cpu"})
    readings = [
        {"step": n, "d_loss": 1 / n, "g_loss": n / 9, "shine": n} for n in range(10, 101, 10)
    ]
    made.metrics(readings)
    made.metrics([{"step": n, "seconds": n / 10} for n in range(10, 101, 10)], "timings.jsonl")
    for step in (0, 50, 100, None):
        folder = made.samples(step)
        made.picture(folder / "grid.png", seed=step or 1)
        made.tone(folder / "000.wav", hertz=200 + (step or 0))
        made.picture(folder / "000.png", seed=step or 2)
        (folder / "000.mid").write_bytes(b"MThd" + bytes(10))
        (folder / "words.txt").write_text(f"words of {step}\n")
    return made


@pytest.fixture
def parse() -> Callable[[str], Page]:
    """Return a function that reads HTML and makes sure that every tag is closed."""
    return Page
