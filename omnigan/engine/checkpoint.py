"""Checkpoints: safetensors and JSON, written so that a kill at any moment leaves a whole one.

A checkpoint is a folder ``step-00001000`` holding the tensors and ``state.json``, which names every
file with its SHA-256 and has one of its own. It is written under another name, flushed to the disk
and renamed, so a folder of that name is complete unless the disk itself was damaged, and the hashes
tell that.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialize
from torch import Tensor

from omnigan.digest import sha256_of
from omnigan.engine.content import PARTS, counters, put, tensors
from omnigan.engine.ranks.alone import Content
from omnigan.engine.runfolder import step_folders
from omnigan.engine.step import Adversaries
from omnigan.errors import OmniganError

__all__ = [
    "BadCheckpoint",
    "Checkpoint",
    "find",
    "flush",
    "prune",
    "read",
    "read_json",
    "read_state",
    "restore",
    "save",
    "write",
]

FORMAT = 1


class BadCheckpoint(OmniganError):
    """A checkpoint that is torn, truncated or not omnigan's; the message says how."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint folder.

    Attributes:
        folder: Where it is.
        step: Steps that were done when it was written.
    """

    folder: Path
    step: int


def find(folder: Path) -> list[Checkpoint]:
    """Return the checkpoints below a run's ``checkpoints`` folder, newest first, unverified."""
    found = [Checkpoint(path, step) for step, path in step_folders(folder).items()]
    return found[::-1]


# ---- writing -----------------------------------------------------------------------------------


def save(
    folder: Path, adversaries: Adversaries, extra: Mapping[str, Any], keep: int = 2
) -> Checkpoint:
    """Write a checkpoint of the present step and delete all but the newest ``keep``.

    Args:
        folder: The run's ``checkpoints`` folder; made if missing.
        adversaries: What to save.
        extra: JSON values that a resumed run needs besides the networks.
        keep: How many checkpoints stay.

    Raises:
        OSError: The disk is full or the folder is not writable; earlier checkpoints are whole.
    """
    written = write(folder, adversaries, extra)
    prune(folder, adversaries.step, keep)
    return written


def prune(folder: Path, step: int, keep: int) -> None:
    """Delete all checkpoints up to a step but the newest ``keep``.

    A later one was passed over as damaged, and does not count as one that is kept.
    """
    for old in [each for each in find(folder) if each.step <= step][keep:]:
        shutil.rmtree(old.folder)


def write(
    folder: Path,
    adversaries: Adversaries,
    extra: Mapping[str, Any],
    parts: Collection[str] = PARTS,
) -> Checkpoint:
    """Write a checkpoint of the present step beside others.

    Args:
        folder: Made if missing.
        adversaries: What to save.
        extra: JSON values to keep with them.
        parts: What goes in; nothing can be resumed without all of them.

    Raises:
        OSError: The disk is full or the folder is not writable; earlier checkpoints are whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    final = folder / f"step-{adversaries.step:08d}"
    temporary = folder / f".tmp-{adversaries.step:08d}-{os.getpid()}"
    temporary.mkdir()
    try:
        _write(temporary, adversaries, extra, parts)
        _put(temporary, Checkpoint(final, adversaries.step))
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    flush(folder)
    return Checkpoint(final, adversaries.step)


def sweep(folder: Path) -> None:
    """Delete what an interrupted write left behind."""
    for path in folder.glob(".tmp-*"):
        shutil.rmtree(path, ignore_errors=True)


def _put(written: Path, place: Checkpoint) -> None:
    """Give a folder that was written its name, which may be taken: a step can be saved twice."""
    if place.folder.is_dir() and _same(written, place):
        shutil.rmtree(written)  # what is there never goes, not even for a moment
        return
    if place.folder.is_dir():
        shutil.rmtree(place.folder)  # damaged, or of before going back over a bad stretch
    else:
        place.folder.unlink(missing_ok=True)
    written.rename(place.folder)


def _same(written: Path, there: Checkpoint) -> bool:
    """Tell whether a checkpoint is whole and holds what was written once more."""
    try:
        return read_state(there) == read_json(Checkpoint(written, there.step))
    except BadCheckpoint:
        return False


def _write(
    folder: Path, adversaries: Adversaries, extra: Mapping[str, Any], parts: Collection[str]
) -> None:
    hashes = {}
    for name, content in tensors(adversaries).items():
        if name not in parts:
            continue
        # Python writes the bytes, so that a full disk is an OSError like any other.
        data = serialize(content, metadata={"format": "pt"})
        path = folder / f"{name}.safetensors"
        path.write_bytes(data)
        flush(path)
        hashes[path.name] = hashlib.sha256(data).hexdigest()
    state = {"format": FORMAT, **counters(adversaries), "files": hashes, **extra}
    state["digest"] = _digest(state)
    path = folder / "state.json"
    # In the order of its keys, which is the order of the next line of metrics.jsonl.
    path.write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")
    flush(path)
    flush(folder)


def flush(path: Path) -> None:
    """Have the system write a file, or a folder's list of names, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# ---- reading -----------------------------------------------------------------------------------


def read_state(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return ``state.json`` after checking every file against its hash.

    Raises:
        BadCheckpoint: A file is missing, torn, or was not written by omnigan.
    """
    state = read_json(checkpoint)
    if state.get("format") != FORMAT:
        raise BadCheckpoint(
            f"{checkpoint.folder.name}: written in format {state.get('format')}; "
            f"this omnigan reads {FORMAT}"
        )
    if state.get("digest") != _digest(state):
        raise BadCheckpoint(f"{checkpoint.folder.name}: state.json is torn or was changed")
    if state["step"] != checkpoint.step:
        raise BadCheckpoint(f"{checkpoint.folder.name}: state.json does not belong to this folder")
    for name, digest in state["files"].items():
        try:
            intact = sha256_of(checkpoint.folder / name) == digest
        except OSError as error:
            raise BadCheckpoint(f"{checkpoint.folder.name}: {name} cannot be read") from error
        if not intact:
            raise BadCheckpoint(f"{checkpoint.folder.name}: {name} is torn or was changed")
    return state


def read_json(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return ``state.json``, unverified.

    Raises:
        BadCheckpoint: It is missing or torn.
    """
    try:
        state = json.loads((checkpoint.folder / "state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadCheckpoint(f"{checkpoint.folder.name}: state.json is missing or torn") from error
    if not isinstance(state, dict):
        raise BadCheckpoint(f"{checkpoint.folder.name}: state.json is not omnigan's")
    return state


def _digest(state: Mapping[str, Any]) -> str:
    """Return a hash of everything else in ``state.json``."""
    rest = {name: value for name, value in state.items() if name != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def read_part(checkpoint: Checkpoint, part: str) -> dict[str, Tensor]:
    """Return the tensors of one file.

    Raises:
        BadCheckpoint: It is not a safetensors file.
    """
    path = checkpoint.folder / f"{part}.safetensors"
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise BadCheckpoint(f"{checkpoint.folder.name}: {path.name}: {error}") from error


def read(checkpoint: Checkpoint) -> Content:
    """Return all that a checkpoint holds.

    Raises:
        BadCheckpoint: It is damaged.
    """
    state = read_state(checkpoint)
    names = [name.removesuffix(".safetensors") for name in state["files"]]
    return state, {name: read_part(checkpoint, name) for name in names}


def restore(checkpoint: Checkpoint, adversaries: Adversaries) -> Mapping[str, Any]:
    """Put a checkpoint into freshly built networks and return its state.

    Raises:
        BadCheckpoint: The checkpoint is damaged.
        UserError: It is whole, but its tensors do not fit the recipe's networks.
    """
    content = read(checkpoint)
    put(content, adversaries)
    return content[0]
