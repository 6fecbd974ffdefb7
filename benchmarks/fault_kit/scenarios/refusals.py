"""Runs that get no room, no memory or no permission."""

from __future__ import annotations

import shutil
import subprocess

from fault_kit.harms import FilesOfAtMost, MemoryOfAtMost, RefuseFileOperation
from fault_kit.trials import Bench, Outcome

__all__ = [
    "IN_THE_WAY",
    "cache_in_the_way",
    "file_in_the_way",
    "files_of_at_most",
    "memory_of_at_most",
    "real_disk",
    "refused_operation",
]

IN_THE_WAY = (
    "checkpoints",
    "samples",
    "metrics.jsonl",
    "timings.jsonl",
    "config.json",
    "data.json",
)


def files_of_at_most(bench: Bench, size: int) -> Outcome:
    """Give a run a disk on which no file grows beyond a size, the cache of its data included."""
    out = bench.new()
    return bench.resumed(
        out, bench.train(out, [FilesOfAtMost(size)], environment=bench.fresh_cache())
    )


def refused_operation(
    bench: Bench, number: int, error: int, times: float, cache: bool = False
) -> Outcome:
    """Have the system refuse one or all operations on files from some point on."""
    out = bench.new()
    environment = bench.fresh_cache() if cache else dict(bench.environment)
    below = environment["OMNIGAN_CACHE"] if cache else str(out)
    harm = RefuseFileOperation(below, number, error, times)
    return bench.resumed(out, bench.train(out, [harm], environment=environment))


def file_in_the_way(bench: Bench, name: str) -> Outcome:
    """Put a file where a run that was stopped has a folder, or a folder where it has a file."""
    out = bench.stopped()
    path, kept = out / name, bench.folder / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    is_file = path.is_file() or (not path.exists() and "." in name)
    if path.exists():
        path.rename(kept)
    path.mkdir() if is_file else path.write_text("in the way")
    ended = bench.train(out)
    if ended.status == 0:
        return bench.compared(out)
    if not ended.sentence:
        return bench.says(ended)
    path.rmdir() if path.is_dir() else path.unlink()
    if kept.exists():
        kept.rename(path)
    return bench.resumed(out, ended)


def cache_in_the_way(bench: Bench, cache: str) -> Outcome:
    """Give a run a cache that cannot be written."""
    out = bench.new()
    return bench.resumed(out, bench.train(out, environment={"OMNIGAN_CACHE": cache}))


def real_disk(bench: Bench, kilobytes: int, *, read_only: bool) -> Outcome | None:
    """Train on a disk of its own that is small, or becomes read-only during the run.

    Returns:
        None where this user may not mount one.
    """
    place = bench.new()
    place.mkdir()
    size = f"size={kilobytes}k"
    if not _did("mount", "-t", "tmpfs", "-o", size, "none", str(place)):
        place.rmdir()
        return None
    try:
        out = place / "run"
        child = bench.start(out, log=bench.folder / "disk.log")
        if read_only:
            child.ends_within(bench.seconds / 2)
            # What is being written at this moment is no reason to wait.
            while not _did("mount", "-o", "remount,ro", str(place)) and not child.ends_within(0.01):
                pass
        ended = child.wait()
        _did("mount", "-o", "remount,rw,size=64m", str(place))
        return bench.resumed(out, ended)
    finally:
        _did("umount", str(place))


def _did(*words: str) -> bool:
    null = subprocess.DEVNULL
    return shutil.which(words[0]) is not None and not subprocess.call(
        words, stdout=null, stderr=null
    )


def memory_of_at_most(bench: Bench, more: int) -> Outcome:
    """Give a run only so much more memory than the process has that it starts in."""
    out = bench.new()
    ended = bench.train(out, [MemoryOfAtMost(more)])
    return bench.resumed(out, ended)
