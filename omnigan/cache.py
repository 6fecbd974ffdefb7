"""The folder where derived data is kept between runs."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

__all__ = ["cache_folder", "write_atomically"]


def cache_folder(*parts: str) -> Path:
    """Return a folder of the user's cache, which need not exist.

    It lies below ``$OMNIGAN_CACHE`` if that is set, else below the folder that the platform
    keeps for caches. Everything in it can be made again, so it may be deleted at any time.
    """
    return _base().joinpath(*parts)


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
