"""Pieces of sentences about data."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["named", "numbered", "unnamed"]

_SAID = 3  # names in one sentence
_WITH_NAMES = re.compile(r"([^:(]+: \d+ [\w ]+), .* \(.*\)(, \.\.\.)?\.", re.DOTALL)


def numbered(count: int, noun: str, plural: str = "") -> str:
    """Return "1 file", "2 files"."""
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"


def named(files: Sequence[tuple[str, str]], noun: str) -> str:
    """Return "4 files, a (why), b (why), c (why), ..."."""
    names = [f"{name} ({reason})" for name, reason in files[:_SAID]]
    if len(files) > len(names):
        names.append("...")
    return f"{numbered(len(files), noun)}, {', '.join(names)}"


def unnamed(sentence: str) -> str:
    """Return a sentence that ends with what :func:`named` returned, with the count alone.

    "Unreadable: 1 file, a (why)." becomes "Unreadable: 1 file."; other sentences stay as they are.
    """
    found = _WITH_NAMES.fullmatch(sentence)
    return f"{found[1]}." if found else sentence
