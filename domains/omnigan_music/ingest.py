"""From a source (a folder, a file, a name) to parsed pieces, in parallel and cached."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from omnigan.cache import cache_folder, write_atomically
from omnigan.cores import cores
from omnigan.datasets.files import no_such_source
from omnigan.domain import Notify, silent
from omnigan.errors import UserError
from omnigan.paths import user_path
from omnigan.processes import without_script
from omnigan.walk import entries, printable
from omnigan_music.chorales import chorale_files, music21_version
from omnigan_music.raw import RawPiece
from omnigan_music.reading import PARSER, cached, read_file, read_score, recall, serve_parent
from omnigan_music.store import Outcome, pack

__all__ = ["CHORALES", "Ingested", "ingest", "midi_files"]

CHORALES = "chorales"
_Item = TypeVar("_Item")
ENDINGS = {".mid", ".midi"}
_FEW = 8  # files per process that make it worth starting one
_SOON = 0.3  # megabytes that are read faster than processes start


@dataclass(frozen=True)
class Ingested:
    """What a source held.

    Attributes:
        pieces: Parsed pieces, sorted by name.
        broken: Names of files that gave no piece, with the reason.
        skipped: Names of files that were left out on purpose, with the reason.
    """

    pieces: tuple[RawPiece, ...]
    broken: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, str], ...] = ()


def ingest(source: str, max_file_mb: float, notify: Notify = silent) -> Ingested:
    """Read every piece of a source.

    Args:
        source: A folder, a MIDI file, or ``chorales`` (a folder of that name is ``./chorales``).
        max_file_mb: Larger files are not opened.
        notify: Told how many of the files that are not in the cache have been read.

    Raises:
        UserError: No such source, nothing to read in it, or more than half of it is unreadable.
    """
    if source == CHORALES:
        return _ingest_chorales(notify)
    files = midi_files(source)
    sizes = {name: _size(file) / 1e6 for file, name in files}
    skipped = {
        name: f"{size:.0f} MB is more than max_file_mb, {max_file_mb:g}"
        for name, size in sizes.items()
        if size > max_file_mb
    }
    todo = [(str(file), name) for file, name in files if name not in skipped]
    if not todo:
        raise UserError(
            f"data.source: every MIDI file in '{source}' is larger than data.max_file_mb, "
            f"{max_file_mb:g}; raise it to read them"
        )
    known = [recall(item) for item in todo]
    new = [item for item, outcome in zip(todo, known, strict=True) if outcome is None]
    is_long = sum(sizes[name] for _, name in new) > _SOON
    read = iter(_map(read_file, new, "reading MIDI files", notify, is_long))
    outcomes = [next(read) if outcome is None else outcome for outcome in known]
    return _sorted_out(source, [name for _, name in todo], outcomes, tuple(skipped.items()))


def midi_files(source: str) -> list[tuple[Path, str]]:
    """Return ``(file, name)`` of every MIDI file at or below a path, sorted by name.

    A name is the path below the source, with forward slashes.

    Raises:
        UserError: The path does not exist or holds no MIDI file.
    """
    path = user_path(source, "data.source")
    if path.is_dir():
        files = [
            (file, printable(file.relative_to(path).as_posix()))
            for file in entries(path)
            if file.suffix.lower() in ENDINGS
        ]
        if not files:
            raise UserError(
                f"data.source: no .mid or .midi file in '{source}' or in any folder below it"
            )
        return sorted(files, key=lambda item: item[1])
    if path.is_file():
        return [(path, printable(path.name))]
    raise no_such_source(source, [CHORALES], "a folder of .mid files, of one such file")


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _ingest_chorales(notify: Notify) -> Ingested:
    files = chorale_files()
    place = cache_folder("music", f"chorales-{PARSER}-music21-{music21_version()}.npz")
    outcomes = cached(place, len(files))
    if not outcomes:
        outcomes = _map(read_score, [str(file) for file in files], "reading chorales", notify, True)
        write_atomically(place, pack(outcomes))
    pieces, skipped = _parted([file.name for file in files], outcomes)
    if not pieces:
        raise UserError(
            f"data.source: music21 can read none of its chorales ({': '.join(skipped[0])}). "
            "Reinstall it with: pip install --force-reinstall 'omnigan[demo]'"
        )
    return Ingested(pieces, (), skipped)


def _map(
    read: Callable[[_Item], Outcome],
    items: Sequence[_Item],
    what: str,
    notify: Notify,
    is_long: bool,
) -> list[Outcome]:
    """Apply a top-level function to every item, over all cores if that takes long."""
    workers = min(cores(), len(items) // _FEW)
    if is_long and workers > 1 and not multiprocessing.current_process().daemon:
        try:
            # "spawn": a fork of a process that has threads (torch) can deadlock.
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(workers, context, serve_parent) as pool:
                return _collect(pool, read, items, what, notify)
        except (BrokenProcessPool, OSError):
            pass  # no processes here (a sandbox): read one by one
    outcomes = []
    for item in items:
        outcomes.append(read(item))
        notify(what, len(outcomes), len(items))
    return outcomes


def _collect(
    pool: Executor,
    read: Callable[[_Item], Outcome],
    items: Sequence[_Item],
    what: str,
    notify: Notify,
) -> list[Outcome]:
    outcomes = []
    try:
        with without_script():  # this call starts the processes
            reading = pool.map(read, items, chunksize=max(1, min(16, len(items) // 64)))
        for outcome in reading:
            outcomes.append(outcome)
            notify(what, len(outcomes), len(items))
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)  # an interrupt: do not read the rest
        raise
    return outcomes


def _sorted_out(
    source: str,
    names: Sequence[str],
    outcomes: Sequence[Outcome],
    skipped: tuple[tuple[str, str], ...],
) -> Ingested:
    pieces, broken = _parted(names, outcomes)
    if 2 * len(broken) > len(names):
        examples = "; ".join(f"{name}: {reason}" for name, reason in broken[:3])
        count = "every file" if not pieces else f"{len(broken)} of {len(names)} files"
        raise UserError(f"data.source: {count} in '{source}' cannot be read as MIDI ({examples})")
    return Ingested(pieces, broken, skipped)


def _parted(
    names: Sequence[str], outcomes: Sequence[Outcome]
) -> tuple[tuple[RawPiece, ...], tuple[tuple[str, str], ...]]:
    """Return the pieces, and the names of the rest with the reason."""
    pieces = tuple(item for item in outcomes if isinstance(item, RawPiece))
    rest = zip(names, outcomes, strict=True)
    return pieces, tuple((name, item) for name, item in rest if isinstance(item, str))
