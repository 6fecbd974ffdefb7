"""What a container leaves a process of the memory that its machine has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

__all__ = ["memory_left"]

OWN = Path("/proc/self/cgroup")
GROUPS = Path("/sys/fs/cgroup")

_FILES = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
    2: ("memory.max", "memory.current", ""),
}
"""By the version of Linux' control groups: the limit, what is in use, and what the names of
statistics begin with that are of a group and those in it."""


def memory_left() -> int | None:
    """Return the bytes that limits of this process's control groups leave; None: there are none.

    Each group that holds its group has a limit as well.
    """
    left = [_left(folder, version) for folder, version in _groups()]
    return min((each for each in left if each is not None), default=None)


def _groups() -> Iterator[tuple[Path, int]]:
    """Yield the folders of groups that limit memory, and the version of each."""
    try:
        lines = OWN.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for number, _, rest in (line.partition(":") for line in lines):
        kinds, _, path = rest.partition(":")
        if number == "0":
            top, version = GROUPS, 2
        elif "memory" in kinds.split(","):
            top, version = GROUPS / "memory", 1
        else:
            continue
        # A container may see its own group as the top one, and yet be told its place outside.
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for depth in range(len(parts) + 1):
            yield top.joinpath(*parts[:depth]), version


def _left(folder: Path, version: int) -> int | None:
    """Return what the limit of a group leaves; None: it has none, or is not there."""
    limit_file, usage_file, prefix = _FILES[version]
    try:
        limit = int((folder / limit_file).read_text(encoding="ascii"))
        usage = int((folder / usage_file).read_text(encoding="ascii"))
        lines = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
        statistics = dict(line.split(maxsplit=1) for line in lines)
        # Files that were read stay in memory until it is wanted, as in MemAvailable.
        names = f"{prefix}active_file", f"{prefix}inactive_file"
        files = sum(int(statistics.get(name, 0)) for name in names)
    except (OSError, ValueError):  # as for "max"
        return None
    return max(0, limit - max(0, usage - files))
