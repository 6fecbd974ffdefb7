"""Lines of text over a connection between two processes of a run."""

from __future__ import annotations

import hmac
import json
import secrets
import socket
from dataclasses import asdict, dataclass

from omnigan.engine.ranks.place import Place

__all__ = ["Guest", "Invitation", "accept", "call", "read_line", "write_line"]

LOCAL = "127.0.0.1"
LONGEST = 1 << 20
"""Bytes of a line."""


@dataclass(frozen=True)
class Invitation:
    """Where the first process waits for the others.

    Attributes:
        address: Of its machine.
        port: Where it listens.
        key: What lets a caller in.
        host: Name of its machine.
    """

    address: str
    port: int
    key: str
    host: str

    @classmethod
    def open(cls, place: Place, store: str) -> tuple[Invitation, socket.socket]:
        """Open a port on this machine.

        Args:
            place: Of this process, the first one.
            store: Address of its machine, at which the others reach the store.
        """
        here = place.local_size == place.size
        if here or not socket.has_dualstack_ipv6():
            server = socket.create_server((LOCAL if here else "", 0), backlog=place.size)
        else:
            family = socket.AF_INET6
            server = socket.create_server(
                ("", 0), family=family, backlog=place.size, dualstack_ipv6=True
            )
        port = server.getsockname()[1]
        return cls(LOCAL if here else store, port, secrets.token_hex(16), place.host), server

    def text(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Guest:
    """A process that has called."""

    connection: socket.socket
    rank: int
    host: str


def accept(server: socket.socket, invitation: Invitation) -> Guest | None:
    """Let in one process that calls; None if none with the key did within half a second."""
    server.settimeout(0.5)
    try:
        connection, _ = server.accept()
    except TimeoutError:
        return None
    try:
        connection.settimeout(5.0)
        said = json.loads(read_line(connection))
        if hmac.compare_digest(str(said["key"]).encode(), invitation.key.encode()):
            return Guest(_lasting(connection), int(said["rank"]), str(said["host"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    connection.close()  # a stranger
    return None


def call(invitation: Invitation, place: Place) -> socket.socket:
    """Connect to the process that invites.

    Raises:
        OSError: It cannot be reached.
    """
    connection = socket.create_connection((invitation.address, invitation.port), timeout=30.0)
    said = {"key": invitation.key, "rank": place.rank, "host": place.host}
    write_line(connection, json.dumps(said))
    return _lasting(connection)


def _lasting(connection: socket.socket) -> socket.socket:
    """Let a connection last, and have the system notice if the other machine is gone."""
    connection.settimeout(None)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):  # not on every platform
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return connection


def write_line(connection: socket.socket, text: str) -> None:
    """Send a line.

    Raises:
        OSError: The connection is broken.
    """
    connection.sendall(text.encode() + b"\n")


def read_line(connection: socket.socket) -> str:
    """Wait for a line; at the end of the connection there is an empty one.

    Raises:
        OSError: The connection is broken.
    """
    line = bytearray()
    while not line.endswith(b"\n") and len(line) < LONGEST:
        byte = connection.recv(1)
        if not byte:
            return ""
        line += byte
    return line.decode()
