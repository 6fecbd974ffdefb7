"""SIGINT and SIGTERM end a run after the step it is in."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from omnigan.errors import OmniganError

__all__ = ["Interrupted", "StopRequest", "listening"]


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
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.closing = False

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
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if request.closing:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
