"""Runs commands of omnigan in processes that can be broken."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from fault_kit.harms import Harm

__all__ = ["Child", "Ended", "run"]

PRELOADED = (
    *("omnigan.api", "omnigan.cli", "omnigan.report", "omnigan.evaluation.evaluate"),
    *("omnigan_audio", "omnigan_image", "omnigan_music", "omnigan_text"),
    *("omnigan_audio.data", "omnigan_image.data", "omnigan_music.corpus", "omnigan_text.data"),
    *("fault_kit.poison", "soundfile", "pretty_midi", "tokenizers"),
)
LIMIT = 300.0
"""Seconds after which a command counts as hanging."""


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        status: Its exit status; minus the number of the signal that killed it.
        said: What it wrote to both outputs.
        seconds: How long it took.
        hung: It was still at it after :data:`LIMIT` and was killed for that.
    """

    status: int
    said: str
    seconds: float
    hung: bool = False

    @property
    def traceback(self) -> bool:
        """Whether a person got to see one."""
        return "Traceback (most recent call last)" in self.said

    @property
    def sentence(self) -> bool:
        """Whether it ended by its own will, with words for a person."""
        said = "error: " in self.said or "Stopped at step" in self.said
        return self.status > 0 and said and not self.traceback


@dataclass
class Child:
    """A command that runs.

    Args:
        words: After ``omnigan``.
        log: Name of the pipe that its outputs go through.
        harms: Done to the process before.
        environment: Variables that are set in it.
        work: Called with the words instead of the command; it returns an exit status.
    """

    words: Sequence[str]
    log: Path
    harms: Sequence[Harm] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    work: Callable[[list[str]], int] | None = None

    def __post_init__(self) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(PRELOADED))
        self._ready = context.Event()
        self.process: Any = context.Process(
            target=_main,
            args=(list(self.words), str(self.log)),
            kwargs={
                "harms": tuple(self.harms),
                "environment": dict(self.environment),
                "work": self.work,
                "ready": self._ready,
            },
        )
        self.began = time.monotonic()
        self.log.unlink(missing_ok=True)
        os.mkfifo(self.log)  # limits on the size of files are not meant for it
        self._said = bytearray()
        self._ended = threading.Event()
        self._reader = threading.Thread(
            target=self._read, args=(os.open(self.log, os.O_RDONLY | os.O_NONBLOCK),)
        )
        self.process.start()
        self._reader.start()

    def _read(self, handle: int) -> None:
        """Take in what the command says; loader processes may keep its output open after it."""
        while True:
            last = self._ended.is_set()
            try:
                part = os.read(handle, 2**16)
            except BlockingIOError:
                part = b""
            self._said += part
            if last and not part:
                break
            if not part:
                self._ended.wait(0.05)
        os.close(handle)
        self.log.unlink(missing_ok=True)

    def signal(self, number: int) -> None:
        """Send it a signal, if it is still there, once its command has begun."""
        while not self._ready.wait(0.05) and self.process.is_alive():
            pass
        if self.process.is_alive():
            os.kill(self.process.pid, number)

    def wait(self, limit: float = LIMIT) -> Ended:
        """Wait until it ends."""
        self.process.join(limit)
        hung = self.process.is_alive()
        if hung:
            self.process.kill()
            self.process.join()
        self._ended.set()
        self._reader.join()
        said = self._said.decode("utf-8", "replace")
        return Ended(self.process.exitcode, said, time.monotonic() - self.began, hung)

    def ends_within(self, seconds: float) -> bool:
        """Wait so long at most; tell whether it has ended."""
        self.process.join(seconds)
        return not self.process.is_alive()


def run(
    words: Sequence[str],
    log: Path,
    harms: Sequence[Harm] = (),
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Run a command to its end."""
    return Child(words, log, harms, environment or {}).wait()


def _main(
    words: list[str],
    log: str,
    *,
    harms: Sequence[Harm],
    environment: Mapping[str, str],
    work: Callable[[list[str]], int] | None,
    ready: Event,
) -> None:
    handle = os.open(log, os.O_WRONLY)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    import torch

    from omnigan.cli import main

    torch.set_num_threads(1)
    for harm in harms:
        harm()
    _tell(ready)
    raise SystemExit((work or main)(words))


def _tell(ready: Event) -> None:
    """Tell that signals are welcome; one that comes meanwhile ends the process as a command's."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    ready.set()
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    except KeyboardInterrupt:
        raise SystemExit(128 + signal.SIGINT) from None
