"""How the processes of a run learn that one of them has ended, at once and why.

Each has a connection to the first one. The system closes it when a process ends, whatever ended it,
and a process that ends with an error says so before. Collective operations alone would not do: they
may wait for a process that is gone, or fail in words that are about sockets.

The first process ends before the others, because it has the last word: a launcher that sees any
process end kills the rest.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from dataclasses import asdict, dataclass
from typing import Any, Self

from omnigan.engine.ranks.lines import read_line, write_line
from omnigan.engine.ranks.place import Place
from omnigan.errors import OmniganError, UserErrors

__all__ = ["End", "Watch"]

GRACE = 5.0
"""Seconds that a process has to end in good order when another one has ended."""
PATIENCE = 3.0
"""Seconds in which the reason of a failed operation arrives, if there is one."""
_OPEN: list[socket.socket] = []
"""Connections that only the end of this process may close."""


@dataclass(frozen=True)
class End:
    """How a process ended.

    Attributes:
        rank: Which one.
        host: Its machine.
        status: Exit status of the run.
        problems: What it said; nothing if it was killed.
    """

    rank: int
    host: str
    status: int = 1
    problems: tuple[str, ...] = ()

    @classmethod
    def of(cls, said: dict[str, Any] | None) -> Self | None:
        """Return what a process has said; None if its work was done."""
        return cls(**{**said, "problems": tuple(said["problems"])}) if said else None


class Watch:
    """The connections of one process, each followed by a thread.

    Args:
        place: Of this process.

    Attributes:
        advice: What to do when a process was killed, in a sentence.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.advice = ""
        self._connections: dict[int, socket.socket] = {}
        self._lock = threading.Lock()
        self._end: End | None = None
        self._known = threading.Event()
        """An end is known."""
        self._leaving = threading.Event()
        """This process ends by itself."""
        self._parted = threading.Event()
        """The other end of a connection is gone."""

    def follow(self, connection: socket.socket, rank: int, host: str) -> None:
        """Watch a connection to another process."""
        self._connections[rank] = connection
        arguments = connection, End(rank, host)
        threading.Thread(target=self._listen, args=arguments, daemon=True).start()

    # ---- what the threads do ---------------------------------------------------------------

    def _listen(self, connection: socket.socket, silent: End) -> None:
        """Follow one connection until it says something, or closes."""
        end: End | None = silent
        try:
            line = read_line(connection)
            if line:
                end = End.of(json.loads(line))
        except (OSError, ValueError, TypeError, KeyError):
            pass  # it does not matter how a connection breaks
        if end is not None:
            self._learn(end)
        self._parted.set()
        if end is not None and not self._leaving.wait(GRACE):
            self._leave_at_once()

    def _learn(self, end: End) -> None:
        """Remember the first end, and pass it on."""
        with self._lock:
            if self._end is not None or self._leaving.is_set():
                return
            self._end = end
        if self.place.rank == 0:
            self._say(end)
        self._known.set()

    def _say(self, end: End | None) -> bool:
        """Tell the others how a process ended, or that this one is done.

        Returns:
            Whether they could be told.
        """
        heard = True
        for rank, connection in self._connections.items():
            if end is None or rank != end.rank:
                try:
                    write_line(connection, json.dumps(end and asdict(end)))
                except OSError:
                    heard = False
        return heard

    def _leave_at_once(self) -> None:
        """End this process, which is busy with something that no exception reaches."""
        error = self._error()
        if not error.told:
            print(f"error: {error}", file=sys.stderr, flush=True)
        os._exit(error.exit_status)

    # ---- what the process asks and tells ---------------------------------------------------

    def check(self) -> None:
        """Raise if another process has ended.

        Raises:
            OmniganError: It has.
        """
        if self._known.is_set():
            raise self._taken()

    def pause(self, seconds: float) -> None:
        """Wait for a while, or until another process ends."""
        self._known.wait(seconds)

    def explain(self, failure: Exception) -> OmniganError:
        """Return what it means that an operation with the others has failed."""
        if self._known.wait(PATIENCE):
            return self._taken()
        reason = str(failure).strip().partition("\n")[0]
        return OmniganError(f"The connection between the processes has failed: {reason}")

    def _taken(self) -> OmniganError:
        """Return the error, of which this process ends in good order, in its own time."""
        self._leaving.set()
        return self._error()

    def _error(self) -> OmniganError:
        """Return the end that is known as an error of this process."""
        end, place = self._end, self.place
        assert end is not None
        name = f"rocess {end.rank} of {place.size} ({end.host})"
        if end.problems:
            error: OmniganError = UserErrors(f"p{name}: {each}" for each in end.problems)
            error.told = place.rank != 0
        else:
            error = OmniganError(f"P{name} has ended. {self.advice}".strip())
            # Where the first is gone, each machine has one that speaks.
            speaks = place.rank == 1 or (place.local_rank == 0 and end.rank == 0)
            error.told = not (place.rank == 0 or (end.rank == 0 and speaks))
        error.exit_status = end.status
        return error

    def fail(self, status: int, problems: tuple[str, ...]) -> bool:
        """Tell the others that this process ends with an error, unless they know of another one.

        Returns:
            Whether the first process tells the user.
        """
        self._leaving.set()
        self._keep_open()
        first = self.place.rank == 0
        if self._known.is_set():
            told = self._error().told
        else:
            own = End(self.place.rank, self.place.host, status, problems)
            told = self._say(own) and not first
        if told:
            self._parted.wait(2 * GRACE)
        return told

    def leave(self, *, quietly: bool = False) -> None:
        """Tell the others that this process has done its work; wait for the first one's end.

        Args:
            quietly: Whether the first process says nothing until it ends.
        """
        self._leaving.set()
        if self.place.rank != 0:
            self._say(None)
            while not self._parted.wait(0.5):  # in pieces, so that signals get through
                pass
        elif not quietly:
            self._say(None)
        self._keep_open()

    def _keep_open(self) -> None:
        _OPEN.extend(self._connections.values())
