"""Where the engine tells a person how it goes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

__all__ = ["Quiet", "Reporter"]


class Reporter(Protocol):
    """Receives progress; never influences training."""

    def notify(self, what: str, done: int, total: int) -> None:
        """Long work outside the training loop, such as "reading files"."""
        ...

    def start(self, folder: Path, first: int, total: int) -> None:
        """Training begins: ``first`` steps of ``total`` are already done."""
        ...

    def step(self, step: int, readings: Mapping[str, float]) -> None:
        """A step ended; ``readings`` is empty except at logging intervals."""
        ...

    def say(self, text: str) -> None:
        """A plain sentence."""
        ...

    def warn(self, text: str) -> None:
        """A sentence the user should act on."""
        ...

    def finish(self) -> None:
        """Training ended, for whatever reason."""
        ...


class Quiet:
    """A reporter that says nothing."""

    def notify(self, what: str, done: int, total: int) -> None: ...

    def start(self, folder: Path, first: int, total: int) -> None: ...

    def step(self, step: int, readings: Mapping[str, float]) -> None: ...

    def say(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...

    def finish(self) -> None: ...
