"""What is done to a process before it runs a command, so that it fails at a chosen place.

File operations are counted by an audit hook, which Python calls before each of them; a hook that
kills the process or raises an error stands for a machine that does so at that very moment.
"""

from __future__ import annotations

import math
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

__all__ = [
    "Clock",
    "CountFileOperations",
    "DieAtFileOperation",
    "DieInsideFile",
    "FewDescriptors",
    "FilesOfAtMost",
    "Harm",
    "MemoryOfAtMost",
    "NotANumber",
    "RefuseFileOperation",
]

_PATHS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "open": ((0, 99),),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.rename": ((0, 2), (1, 3)),
    "os.truncate": ((0, 99),),
}
"""Where an audited event has its paths, and the folder that each is relative to."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Harm(Protocol):
    """Called in the process that is to fail, before its command."""

    def __call__(self) -> object: ...


def _at_file_operations(folder: str, act: Callable[[int, str], None], *, reading: bool) -> None:
    """Have a function called before each file operation below a folder, with its number."""
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        places = _PATHS.get(event)
        if places is None:
            return
        if event == "open" and not reading and not (arguments[2] or 0) & _WRITING:
            return
        paths = [_path(arguments, *place) for place in places]
        if any(path.startswith(folder) for path in paths):
            count += 1
            act(count - 1, f"{event} {' '.join(paths)}")

    sys.addaudithook(hook)


def _path(arguments: tuple[Any, ...], place: int, above: int) -> str:
    path = arguments[place]
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}") if path >= 0 else ""
    path = os.fsdecode(path)
    if not os.path.isabs(path):
        number = arguments[above] if above < len(arguments) else -1
        known = isinstance(number, int) and number >= 0
        base = os.readlink(f"/proc/self/fd/{number}") if known else os.getcwd()
        path = os.path.join(base, path)
    return path


@dataclass(frozen=True)
class CountFileOperations:
    """Write a line into a file for each file operation below a folder."""

    folder: str
    log: str
    reading: bool = False

    def __call__(self) -> None:
        handle = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        _at_file_operations(
            self.folder,
            lambda _, what: _ignored(os.write(handle, f"{what}\n".encode())),
            reading=self.reading,
        )


def _ignored(value: object) -> None: ...


@dataclass(frozen=True)
class DieAtFileOperation:
    """Kill the process just before a file operation that writes below a folder."""

    folder: str
    number: int

    def __call__(self) -> None:
        def act(number: int, what: str) -> None:
            if number == self.number:
                os.kill(os.getpid(), signal.SIGKILL)

        _at_file_operations(self.folder, act, reading=False)


@dataclass(frozen=True)
class RefuseFileOperation:
    """Have file operations below a folder fail with an error of the system.

    Attributes:
        folder: The folder.
        number: The first that fails.
        error: Number of the error, such as ``errno.ENOSPC``.
        times: How many fail, one after the other.
        reading: Count those that only read as well.
    """

    folder: str
    number: int
    error: int
    times: float = math.inf
    reading: bool = False

    def __call__(self) -> None:
        def act(number: int, what: str) -> None:
            if self.number <= number < self.number + self.times:
                raise OSError(self.error, os.strerror(self.error), what.partition(" ")[2])

        _at_file_operations(self.folder, act, reading=self.reading)


@dataclass(frozen=True)
class DieInsideFile:
    """Have the system kill the process when a file grows beyond a size, in the middle of it."""

    size: int

    def __call__(self) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.size))


@dataclass(frozen=True)
class FilesOfAtMost:
    """Have the system refuse to let any file grow beyond a size, as a full disk would."""

    size: int

    def __call__(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.size))


@dataclass(frozen=True)
class MemoryOfAtMost:
    """Have the system give the process so many bytes more than it has, and none beyond."""

    more: int

    def __call__(self) -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + self.more
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


@dataclass(frozen=True)
class FewDescriptors:
    """Let the process have so many files open at once."""

    most: int

    def __call__(self) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.most, self.most))


@dataclass(frozen=True)
class Clock:
    """Have ``time.time`` jump by some seconds every so many calls of it, to and fro or onwards."""

    seconds: float
    calls: int = 3
    back: bool = True

    def __call__(self) -> None:
        import datetime

        real, count = time.time, 0

        def jumping() -> float:
            nonlocal count
            count += 1
            turns = count // self.calls
            return real() + self.seconds * (turns % 2 if self.back else turns)

        class Jumping(datetime.datetime):
            @classmethod
            def now(cls, tz: datetime.tzinfo | None = None) -> Any:
                return datetime.datetime.fromtimestamp(jumping(), tz)

        time.time = jumping
        from omnigan.engine import publishing

        publishing.datetime = Jumping  # type: ignore[attr-defined]


@dataclass(frozen=True)
class NotANumber:
    """Put NaN into a run.

    Attributes:
        where: ``data`` (an example), ``term`` (a loss of the domain), ``gradient`` or ``output``
            (of the generator).
        step: The step in which it happens, counted from 0.
        attempts: In how many attempts at that step; an endless fault has more than a run makes.
    """

    where: str
    step: int
    attempts: float = math.inf

    def __call__(self) -> None:
        from fault_kit import poison

        poison.inject(self)
