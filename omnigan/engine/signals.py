"""SIGINT and SIGTERM end a run after the step it is in.

A scheduler sends SIGTERM once and may wait for ever, so a step that does not end is left: a thread
hears of the signal by itself, since Python calls no handler while the main thread computes.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from omnigan.errors import OmniganError

__all__ = ["Interrupted", "StopRequest", "last_words", "leaving", "listening"]

GRACE = 60.0
"""Seconds after SIGTERM in which a step has to end, and in which the first one has to begin."""
LONGER = 3
"""So many times the longest step so far may be more."""
BREATH = 5.0
"""Seconds for last words: what the step waits for, a disk that is gone, say, may keep them, too."""

_last_words: list[Callable[[Interrupted], object]] = []
"""Whom to tell, besides the standard error, that a process is left in the midst of a step."""

_undo: list[Callable[[], object]] = []
"""What a forked process does first: signals that it gets are its own, such as those by which a pool
of processes ends. The descriptor that hears them is shared with the run, which would end, too."""


def _undo_all() -> None:
    while _undo:
        _undo.pop()()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_undo_all)


@contextmanager
def _undone_by_forks(action: Callable[[], object]) -> Iterator[None]:
    """Have processes that are forked in the block begin with an action."""
    _undo.append(action)
    try:
        yield
    finally:
        if action in _undo:  # not in a fork
            _undo.remove(action)


class Interrupted(OmniganError):
    """The run was asked to stop and did; the message has the command that resumes it."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.exit_status = 128 + number


class StopRequest:
    """Whether a signal has come in.

    Attributes:
        number: Which one; None: none has.
        closing: Whether the process ends anyway, so that a launcher that ends the processes of a
            failed run must not keep it from saying why.
        command: What goes on with the run; None: there is nothing to go on with.
        may_leave: Whether SIGTERM would have ended the process at once: whoever had a handler of
            their own may have more to save than we know.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.closing = False
        self.command: str | None = None
        self.may_leave = False
        self._began: float | None = time.monotonic()
        self._longest = 0.0

    @contextmanager
    def step(self) -> Iterator[None]:
        """Run a step in the block: what comes between two steps may take its time."""
        self._began = began = time.monotonic()
        try:
            yield
        finally:
            self._longest = max(self._longest, time.monotonic() - began)
            self._began = None

    def stuck(self, heard: float) -> bool:
        """Tell whether the present step, or what comes before the first, does not end.

        Args:
            heard: When SIGTERM came.
        """
        if self._began is None:
            return False
        patience = max(GRACE, LONGER * self._longest)
        return time.monotonic() - max(heard, self._began) > patience

    def __bool__(self) -> bool:
        return self.number is not None


@contextmanager
def listening(echo: float = 0.0) -> Iterator[StopRequest]:
    """Catch the first signal as a request; a second one ends the process in the usual way.

    Outside the main thread, where Python allows no handlers, nothing is caught.

    Args:
        echo: Seconds in which one request may come twice: a scheduler may signal a process and its
            launcher, which passes the signal on.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    heard: list[float] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    request.may_leave = before[signal.SIGTERM] is signal.SIG_DFL

    def ask(number: int, frame: FrameType | None) -> None:
        request.number = number
        heard.append(time.monotonic())
        if heard[-1] - heard[0] < echo:
            return
        for each, handler in before.items():
            signal.signal(each, handler)
        if len(heard) > 1:
            signal.raise_signal(number)

    for number in before:
        signal.signal(number, ask)
    try:
        # Only SIGTERM: Ctrl-C comes to all processes of a terminal, and a step may need this one.
        with _undone_by_forks(lambda: signal.signal(signal.SIGTERM, before[signal.SIGTERM])):
            yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if request.closing:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)


@contextmanager
def last_words(say: Callable[[Interrupted], object]) -> Iterator[None]:
    """Have something done before the process ends, if it is left while the block runs.

    Args:
        say: Is given the error that the block would have ended with.
    """
    _last_words.append(say)
    try:
        yield
    finally:
        _last_words.remove(say)


@contextmanager
def leaving(request: StopRequest) -> Iterator[None]:
    """End the process, in words, if SIGTERM comes while the block runs and its step never ends.

    Args:
        request: What the signal becomes.
    """
    if not request.may_leave or os.name != "posix":
        yield
        return
    before = signal.set_wakeup_fd(-1)
    if before != -1:  # somebody else hears of signals
        signal.set_wakeup_fd(before)
        yield
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    thread = threading.Thread(target=_watch, args=(reader, request), daemon=True)
    thread.start()
    try:
        with _undone_by_forks(lambda: signal.set_wakeup_fd(-1)):
            yield
    finally:
        signal.set_wakeup_fd(-1)
        writer.shutdown(socket.SHUT_RDWR)
        thread.join()
        writer.close()


def _watch(signals: socket.socket, request: StopRequest) -> None:
    """Read the numbers of signals until there are no more, or a step does not end after one."""
    heard: float | None = None
    with signals:
        while True:
            try:
                numbers = signals.recv(64)
            except TimeoutError:
                numbers = None
            if numbers == b"":
                return
            if numbers and signal.SIGTERM in numbers and heard is None:
                heard = time.monotonic()
                signals.settimeout(GRACE / 60)
            if heard is not None and request.stuck(heard):
                _leave(request, time.monotonic() - heard)
                return


def _leave(request: StopRequest, seconds: float) -> None:
    saved = "nothing is saved"
    if request.command is not None:
        saved = f"what was saved before is whole. Go on with:\n  {request.command}"
    text = f"Stopped: {seconds:.0f} seconds after SIGTERM no step had ended; {saved}"
    error = Interrupted(text, signal.SIGTERM)
    print(text, file=sys.stderr, flush=True)
    speaker = threading.Thread(target=_speak, args=(error,), daemon=True)
    speaker.start()
    speaker.join(BREATH)
    os._exit(error.exit_status)


def _speak(error: Interrupted) -> None:
    with suppress(OSError, ValueError):  # whoever listened is gone, or the disk is
        for say in _last_words:
            say(error)
        sys.stdout.flush()
