"""What files hold, as hashes that are remembered, so that a cache can go by content alone.

A file that was copied, moved or touched has the same hash, and one that was changed has another,
whatever its date says. Reading a large folder at every start would take long, so the hashes of a
source's files are kept in one small file below ``hashes`` in the cache, each with what the file
system said of the file then: its size, its number (inode), when it was last written to, and when
anything about it last changed. Programs can set the third, as ``cp -p`` does, but not the last.
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from omnigan.cache import cache_folder, read_sealed, write_sealed
from omnigan.cores import cores
from omnigan.datasets.rows import cache_key
from omnigan.digest import sha256_of
from omnigan.domain import Notify, silent

__all__ = ["Contents", "contents_of"]

_Status = tuple[int, int, int, int]
_Known = dict[str, list[int | str]]
"""By path: the four numbers of a file's status, and the hash that it had."""

_SETTLED = 2_000_000_000
"""Nanoseconds. A file may change twice within one tick of its file system's clock: FAT's is 2 s."""
_AT_ONCE = 64  # files between two looks at who wants to know how far it is
_SOON = 2**24  # bytes that are read sooner than threads start


@dataclass(frozen=True)
class Contents:
    """What files held when they were looked at.

    Attributes:
        names: What else counts about each: its path below the source, "" where nothing does.
        hashes: SHA-256 of each, None of what cannot be read.
    """

    names: Sequence[str]
    hashes: Sequence[str | None]
    _paths: Sequence[Path]
    _statuses: Sequence[_Status | None]

    @property
    def identity(self) -> list[list[str | None]]:
        """Names and hashes, for a key of the cache."""
        return [list(pair) for pair in zip(self.names, self.hashes, strict=True)]

    def unchanged(self) -> bool:
        """Whether nobody has changed a file since.

        Otherwise what was read of it meanwhile may belong to other content, and must not be kept.
        """
        return [_status(path) for path in self._paths] == list(self._statuses)


def contents_of(
    source: Path, files: Sequence[tuple[str, Path]], notify: Notify = silent
) -> Contents:
    """Hash files, except where it is remembered what they hold.

    Args:
        source: What they belong to: its hashes are kept together.
        files: What counts of each one's name, and where it is.
        notify: Told how many have been read, if that takes long.
    """
    paths = [path for _, path in files]
    statuses = [_status(path) for path in paths]
    # Two sources may be called alike seen from two folders. It would be no mistake to take one for
    # the other, since every hash goes with the number and the times of a file, but no use either.
    here = "" if source.is_absolute() else os.getcwd()
    keys = [os.path.join(here, path) for path in paths]
    memory = cache_folder("hashes", f"{cache_key(os.path.join(here, source))}.json")
    known = _recalled(memory)
    hashes = [
        _of(known.get(key), status) if status is not None else None
        for key, status in zip(keys, statuses, strict=True)
    ]
    new = [row for row, status in enumerate(statuses) if status is not None and hashes[row] is None]
    if new:
        began = time.time_ns()
        size = sum(status[0] for row in new if (status := statuses[row]) is not None)
        found = _hashed([paths[row] for row in new], size, notify)
        settled: _Known = {}
        for row, value in zip(new, found, strict=True):
            hashes[row], status = value, statuses[row]
            if value is not None and status is not None and began - status[3] > _SETTLED:
                settled[keys[row]] = [*status, value]
        if settled:
            _remember(memory, known, settled)
    return Contents([name for name, _ in files], hashes, paths, statuses)


def _status(path: Path) -> _Status | None:
    """Return what differs if a file was changed, None if there is nothing to read."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):  # opening a pipe could take for ever
        return None
    # Windows has no time of the last change of any kind; what it gives is when the file was made.
    changed = status.st_mtime_ns if os.name == "nt" else status.st_ctime_ns
    return status.st_size, status.st_ino, status.st_mtime_ns, changed


def _of(known: list[int | str] | None, status: _Status) -> str | None:
    return str(known[-1]) if known is not None and known[:-1] == [*status] else None


def _hashed(paths: Sequence[Path], size: int, notify: Notify) -> list[str | None]:
    """Return the hash of each file; threads do it, since hashing lets others run."""
    if size < _SOON:
        return [_hash(path) for path in paths]
    hashes: list[str | None] = []
    with ThreadPoolExecutor(cores()) as pool:
        for first in range(0, len(paths), _AT_ONCE):
            hashes += pool.map(_hash, paths[first : first + _AT_ONCE])
            notify("comparing files", len(hashes), len(paths))
    return hashes


def _hash(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None


def _recalled(memory: Path) -> _Known:
    try:
        known = json.loads(read_sealed(memory))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(memory: Path, known: Mapping[str, list[int | str]], new: _Known) -> None:
    """Keep hashes, also those of other files of the source that are still there.

    Two runs may do so at once: the file is replaced as a whole, and either's hashes are right.
    """
    others = {key: entry for key, entry in known.items() if key not in new and os.path.exists(key)}
    write_sealed(memory, json.dumps({**others, **new}).encode())
