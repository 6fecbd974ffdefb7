"""The files below a folder."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

__all__ = ["entries", "oddity", "printable", "walk"]


def walk(root: Path) -> Iterator[Path]:
    """Yield every regular file below a folder, in no particular order, hidden ones left out.

    Links are followed; each folder is entered once, however it is linked.
    """
    # os.path.isfile is False, not an error, for links that nobody may follow.
    return (file for file in entries(root) if os.path.isfile(file))


def oddity(file: Path) -> str:
    """Say why something is nothing to read from; "" of a file, and where opening it will tell."""
    try:
        mode = os.stat(file).st_mode
    except FileNotFoundError:
        return "it is a link to nowhere" if os.path.islink(file) else ""
    except OSError as error:
        return "it is a link to itself" if error.errno == errno.ELOOP else ""
    return "" if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else "it is no regular file"


def entries(root: Path) -> Iterator[Path]:
    """Yield what :func:`walk` does, and links to nowhere and whatever else is no folder."""
    seen: set[tuple[int, int]] = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        try:
            status = os.stat(folder)
        except OSError:
            folders.clear()
            continue
        identity = (status.st_dev, status.st_ino)
        if identity in seen:
            folders.clear()
            continue
        seen.add(identity)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            file = Path(folder, name)
            # "._x.mid" files are what macOS leaves on foreign disks: nobody's data.
            if not name.startswith("."):
                yield file


def printable(name: str) -> str:
    """Replace what is not valid text in a file name, so that it can be printed and stored."""
    return name.encode("utf-8", "replace").decode("utf-8")
