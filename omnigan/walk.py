"""The files below a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["printable", "walk"]


def walk(root: Path) -> Iterator[Path]:
    """Yield every regular file below a folder, in no particular order, hidden ones left out.

    Links are followed; each folder is entered once, however it is linked.
    """
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
            # os.path.isfile is False, not an error, for links that nobody may follow.
            if not name.startswith(".") and os.path.isfile(file):
                yield file


def printable(name: str) -> str:
    """Replace what is not valid text in a file name, so that it can be printed and stored."""
    return name.encode("utf-8", "replace").decode("utf-8")
