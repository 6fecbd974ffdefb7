"""SIGINT and SIGTERM end a run after the step it is in."""

from __future__ import annotations

import signal
import threading
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
def listening() -> Iterator[StopRequest]:
    """Catch the first signal as a request; a second one ends the process in the usual way.

    Outside the main thread, where Python allows no handlers, nothing is caught.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, frame: FrameType | None) -> None:
        request.number = number
        for each, handler in before.items():
            signal.signal(each, handler)

    for number in before:
        signal.signal(number, ask)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if request.closing:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
