"""Decoded examples in one memory-mapped file of the cache, made once and shared by runs.

A set has a folder of its own, with an array ``[N, ...]`` in one .npy file and what else is known
about it in ``facts.npz``. Both are written under another name and renamed, so that two runs that
make them at once do not meet; the facts come last, and should tell whether the array is theirs.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from omnigan.cache import write_atomically

__all__ = [
    "Rows",
    "Write",
    "cache_key",
    "make_rows",
    "map_rows",
    "pack",
    "read_facts",
    "state_to_send",
    "unpack",
]

Rows = NDArray[Any]
Write = Callable[[Rows], object]
"""Called with some rows ``[n, ...]``, or with one row, in their order."""
Facts = TypeVar("Facts")

_ABANDONED = 24 * 3600.0  # seconds after which nobody is writing a file any more


def cache_key(*parts: Any) -> str:
    """Return a name for what follows from JSON values."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()[:32]


def make_rows(
    file: Path,
    row: tuple[int, ...],
    dtype: DTypeLike,
    fill: Callable[[Write], Facts],
    pack_facts: Callable[[Facts], bytes | None],
) -> tuple[Rows, Facts, Path | None]:
    """Make an array in the cache, or in memory if the cache cannot be written.

    Args:
        file: Where it is kept; its facts lie beside it.
        row: Shape of one row.
        dtype: Type of its numbers.
        fill: Writes all rows and returns the facts; called again if the disk is full.
        pack_facts: Returns the facts as bytes, None if they should not be kept.

    Returns:
        The array, its facts, and the file that the array is mapped from, if it is.
    """
    try:
        facts = _write(file, row, np.dtype(dtype), fill)
        content = pack_facts(facts)
        if content is not None:
            write_atomically(_facts_file(file), content)
        return map_rows(file), facts, file
    except (OSError, ValueError):  # it cannot be written, or is full, or was deleted meanwhile
        content_so_far = bytearray()
        facts = fill(lambda values: content_so_far.extend(values.tobytes()))
        return np.frombuffer(content_so_far, dtype).reshape(-1, *row), facts, None


def map_rows(file: Path) -> Rows:
    """Map an array into memory.

    Raises:
        OSError: It cannot be opened.
        ValueError: It is damaged or too short.
    """
    try:
        return np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))
    except EOFError as error:
        raise ValueError("it is empty") from error


def read_facts(file: Path) -> bytes:
    """Return the facts that were kept beside an array.

    Raises:
        OSError: There are none.
    """
    return _facts_file(file).read_bytes()


def state_to_send(state: Mapping[str, Any], rows: str, file: str = "_file") -> dict[str, Any]:
    """Return the state of a source as a loader process should get it.

    Rows that are mapped from a file are not sent, but its name; unless the file was deleted, since
    everything in the cache may be.

    Args:
        state: Attributes by name.
        rows: The attribute that has the rows.
        file: The attribute that has the file, None where there is none.
    """
    path: Path | None = state[file]
    if path is None:
        return dict(state)
    return {**state, rows: None} if path.is_file() else {**state, file: None}


def _facts_file(file: Path) -> Path:
    return file.with_name("facts.npz")


def _write(
    file: Path, row: tuple[int, ...], dtype: np.dtype[Any], fill: Callable[[Write], Facts]
) -> Facts:
    """Write rows under another name and rename them.

    They are written, not mapped: where the disk is full, writing fails and mapping crashes.

    Raises:
        OSError: The folder cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{file.stem}-"
    _sweep(file.parent, prefix)
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=prefix)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            head = _write_head(opened, (0, *row), dtype)
            facts = fill(lambda values: opened.write(values.tobytes()))
            count = (opened.tell() - head) // (dtype.itemsize * int(np.prod(row, dtype=np.int64)))
            opened.seek(0)
            _write_head(opened, (count, *row), dtype)  # it leaves room for the digits of any count
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(temporary, file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return facts


def _write_head(opened: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    head = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(opened, head)
    return opened.tell()


def _sweep(folder: Path, prefix: str) -> None:
    """Remove what runs that were killed while they wrote have left behind."""
    for left in folder.glob(f"{prefix}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED:
            left.unlink(missing_ok=True)


def pack(words: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return JSON values and arrays as an .npz file, never a pickle."""
    buffer = io.BytesIO()
    text = np.frombuffer(json.dumps(words).encode(), np.uint8)
    named: dict[str, Any] = {"words": text, **arrays}
    np.savez(buffer, **named)
    return buffer.getvalue()


def unpack(content: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Invert :func:`pack`.

    Raises:
        ValueError: The bytes are not what it returned.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as opened:
            arrays = dict(opened)
            words = json.loads(arrays.pop("words").tobytes())
    except Exception as error:  # a damaged zip file can fail in many ways
        raise ValueError(f"not facts about data: {error}") from error
    if not isinstance(words, dict):
        raise ValueError("not facts about data")
    return words, arrays
