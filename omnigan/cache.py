"""The folder where derived data is kept between runs."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["cache_folder", "cache_size", "read_sealed", "write_atomically", "write_sealed"]


def cache_folder(*parts: str) -> Path:
    """Return a folder of the user's cache, which need not exist.

    It lies below ``$OMNIGAN_CACHE`` if that is set, else below the folder that the platform
    keeps for caches. Everything in it can be made again, so it may be deleted at any time.
    """
    return _base().joinpath(*parts)


def cache_size() -> int:
    """Return the bytes of all files in the cache."""
    size = 0
    for folder, _, names in os.walk(cache_folder()):
        for name in names:
            with suppress(OSError):  # another process deletes it just now
                size += os.lstat(os.path.join(folder, name)).st_size
    return size


def _base() -> Path:
    chosen = os.environ.get("OMNIGAN_CACHE")
    try:
        if chosen:
            return Path(chosen).expanduser()
        if sys.platform == "win32":
            local = os.environ.get("LOCALAPPDATA")
            above = Path(local) if local else Path.home() / "AppData" / "Local"
            return above / "omnigan" / "Cache"
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Caches" / "omnigan"
        xdg = os.environ.get("XDG_CACHE_HOME")
        return (Path(xdg) if xdg else Path.home() / ".cache") / "omnigan"
    except RuntimeError:  # this user has no home
        return Path(os.devnull) / "omnigan"  # nothing can be kept there


def write_atomically(path: Path, content: bytes) -> bool:
    """Write a cache file so that no reader ever sees half of it.

    Returns:
        False when the folder cannot be written; a cache is a convenience, so that is no error.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    except OSError:
        return False
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        return False
    return True


def write_sealed(path: Path, content: bytes) -> bool:
    """Write a cache file with a hash of its content, for :func:`read_sealed`.

    Returns:
        False when the folder cannot be written.
    """
    return write_atomically(path, _seal(content) + content)


def read_sealed(path: Path) -> bytes:
    """Return what :func:`write_sealed` wrote.

    Raises:
        OSError: It is not there.
        ValueError: It is damaged.
    """
    seal, line, content = path.read_bytes().partition(b"\n")
    if seal + line != _seal(content):
        raise ValueError(f"{path} is damaged")
    return content


def _seal(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode() + b"\n"
