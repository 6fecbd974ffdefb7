"""Texts as files, without any library for tokens."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["text_of", "write"]


def write(x: np.ndarray, show: Mapping[str, Any], stem: Path) -> Path:
    """Write a text, given as the ids [T] of its symbols, and return the file."""
    path = stem.with_suffix(".txt")
    path.write_text(text_of(x, show) + "\n", encoding="utf-8", newline="\n")
    return path


def text_of(x: np.ndarray, show: Mapping[str, Any]) -> str:
    """Return the text of symbols: the bytes of their pieces, up to the first end."""
    content = b""
    for symbol in x.astype(int).tolist():
        if symbol == show["end"]:
            break
        piece = show["pieces"][symbol]
        content += piece.encode() if isinstance(piece, str) else bytes(piece)
    return content.decode(errors="replace").removeprefix(show["strip"])
