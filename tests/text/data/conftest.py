"""Text files for the data side of the text domain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnigan_text.data_config import TextData

WORDS = ("red", "green", "blue", "black", "white")
THINGS = ("ball", "house", "river", "stone", "cloud")


@pytest.fixture(scope="session")
def phrases() -> list[str]:
    """Return 100 different texts of the same 15 words and a full stop."""
    return [
        f"{first} {thing} {verb} {other}."
        for first in WORDS
        for thing in THINGS
        for verb in ("meets", "sees")
        for other in ("rain", "snow")
    ]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a file below a folder, and returns its path."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / "texts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def config() -> Callable[..., TextData]:
    """Return the data section for a path and settings, by default with all words as symbols."""

    def make(source: Path | str, **settings: Any) -> TextData:
        tokenizer = {"kind": "word", "least": 1, **settings.pop("tokenizer", {})}
        return TextData.model_validate({"source": str(source), "tokenizer": tokenizer, **settings})

    return make


@pytest.fixture
def loaded(config: Callable[..., TextData]) -> Callable[..., Any]:
    """Return a function that loads a source and returns the config and the texts by split."""
    import torch

    from omnigan_text.data import load_text
    from omnigan_text.tokens import Codec

    def load(source: Path | str, **settings: Any) -> Any:
        data, text = load_text(config(source, **settings))
        codec, chance = Codec.of(data), torch.Generator()
        parts = [text.source("train"), text.source("valid")]
        texts = [codec.texts(p.read_batch(range(len(p)), chance).x) for p in parts]
        return data, text, texts

    return load
