"""One file to one piece, with a cache: what the reading processes do.

This module imports neither torch nor music21, because every reading process imports it.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import threading
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

from omnigan.cache import cache_folder, write_atomically
from omnigan.walk import oddity
from omnigan_music.chorales import read_chorale
from omnigan_music.midi import read_midi
from omnigan_music.raw import RawPiece, UnreadablePiece
from omnigan_music.store import Outcome, pack, unpack

__all__ = ["PARSER", "cached", "read_file", "read_score", "recall", "serve_parent"]

PARSER = "2"
"""Version of the readers; raise it when one of them gives something else for the same bytes."""


def recall(item: tuple[str, str]) -> Outcome | None:
    """Return the piece of a MIDI file ``(path, name)`` if its content was parsed before."""
    file, name = item
    if odd := oddity(Path(file)):
        return odd
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        return f"it cannot be opened: {error.strerror or error}"
    outcome = next(iter(cached(_place(content), 1)), None)
    # The same bytes may lie under another name.
    return replace(outcome, name=name) if isinstance(outcome, RawPiece) else outcome


def read_file(item: tuple[str, str]) -> Outcome:
    """Parse a MIDI file ``(path, name)`` and keep the result in the cache."""
    file, name = item
    outcome: Outcome
    try:
        content = Path(file).read_bytes()
        outcome = read_midi(content, name)
    except UnreadablePiece as error:
        outcome = str(error)
    except Exception as error:  # whatever it is, one file must not stop the others
        return f"reading it failed: {type(error).__name__}: {error}"
    write_atomically(_place(content), pack([outcome]))
    return outcome


def _place(content: bytes) -> Path:
    key = hashlib.sha256(content).hexdigest()
    return cache_folder("music", f"midi-{PARSER}", key[:2], f"{key}.npz")


def cached(place: Path, count: int) -> list[Outcome]:
    """Return what a cache file holds, or nothing when it is absent or damaged."""
    try:
        outcomes = unpack(place.read_bytes())
    except (OSError, ValueError):
        return []
    return outcomes if len(outcomes) == count else []


def read_score(file: str) -> Outcome:
    """Parse a score with music21."""
    try:
        return read_chorale(Path(file))
    except UnreadablePiece as error:
        return str(error)


def serve_parent() -> None:
    """Leave Ctrl-C to the process that started this one, and end when it does.

    Without that, processes whose parent is killed would wait for it for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(process: BaseProcess) -> None:
    process.join()
    os._exit(1)
