"""Pieces of sentences about data."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["named", "numbered"]

_SAID = 3  # names in one sentence


def numbered(count: int, noun: str, plural: str = "") -> str:
    """Return "1 file", "2 files"."""
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"


def named(files: Sequence[tuple[str, str]], noun: str) -> str:
    """Return "4 files, a (why), b (why), c (why), ..."."""
    names = [f"{name} ({reason})" for name, reason in files[:_SAID]]
    if len(files) > len(names):
        names.append("...")
    return f"{numbered(len(files), noun)}, {', '.join(names)}"
