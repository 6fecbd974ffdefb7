"""Where this process stands among those of a run, as its launcher says in the environment."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from omnigan.errors import UserError

__all__ = ["ALONE", "Place", "launcher", "restarted"]

NEEDED = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""What torchrun sets for every process."""


@dataclass(frozen=True)
class Place:
    """One process of a run.

    Attributes:
        rank: Its number, counted from 0.
        size: How many processes the run has.
        local_rank: Its number among those on the same machine.
        local_size: How many there are on that machine.
        node: Name of that machine, as far as the run is concerned.
        host: Name of that machine, for people.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1
    node: str = "0"
    host: str = "localhost"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Place:
        """Read what torchrun says; without it, a process is alone.

        Raises:
            UserError: Something that torchrun sets is missing, or is no number.
        """
        if "RANK" not in environment or environment.get("WORLD_SIZE", "1") == "1":
            return ALONE
        missing = [name for name in NEEDED if not environment.get(name)]
        if missing:
            raise UserError(
                f"The environment names process {environment['RANK']} of several, but not "
                f"{', '.join(missing)}. Start the processes with torchrun, or one without RANK."
            )
        try:
            rank, size, local_rank, local_size = (int(environment[name]) for name in NEEDED[:4])
        except ValueError as error:
            raise UserError(f"The environment of torchrun cannot be read: {error}") from error
        host = socket.gethostname()
        return cls(rank, size, local_rank, local_size, environment.get("GROUP_RANK", host), host)


ALONE = Place()


def launcher() -> str | None:
    """Return a name for the torchrun that started this process; None if none did.

    It stays the same when torchrun starts its processes again.
    """
    run = os.environ.get("TORCHELASTIC_RUN_ID")
    if run is None:
        return None
    if os.environ.get("GROUP_WORLD_SIZE", "1") == "1":
        return f"{run} {socket.gethostname()} {os.getppid()}"
    # Of several machines another one may be the first after a restart. Without a name of the run,
    # it is the address on the command line that does not change.
    address = f"{os.environ.get('MASTER_ADDR')}:{os.environ.get('MASTER_PORT')}"
    return f"{run} {address if run == 'none' else ''}".strip()


def restarted() -> bool:
    """Tell whether torchrun started this process because an earlier one had failed."""
    return os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") != "0"
