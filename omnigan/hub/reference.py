"""``hub:owner/name@revision``: how a model of the Hub is named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from omnigan.errors import UserError

__all__ = ["PREFIX", "Reference", "is_reference", "repository", "revision_named"]

PREFIX = "hub:"
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9][\w./-]{0,199}", re.ASCII)


@dataclass(frozen=True)
class Reference:
    """A model of the Hub.

    Attributes:
        repository: ``owner/name``.
        revision: A branch, a tag or a commit; None: the newest commit of the main branch.
    """

    repository: str
    revision: str | None = None

    @classmethod
    def of(cls, path: str | Path) -> Reference:
        """Read what follows ``hub:``.

        Raises:
            UserError: It is not ``owner/name`` or ``owner/name@revision``.
        """
        name, at, revision = _text(path).removeprefix(PREFIX).partition("@")
        return cls(repository(name), revision_named(revision) if at else None)

    def __str__(self) -> str:
        return f"{PREFIX}{self.repository}" + (f"@{self.revision}" if self.revision else "")


def is_reference(path: str | Path) -> bool:
    """Tell whether a model of the Hub is named, and not a folder."""
    return _text(path).startswith(PREFIX)


def _text(path: str | Path) -> str:
    return path.as_posix() if isinstance(path, Path) else path


def repository(name: str) -> str:
    """Return ``owner/name``, without a ``hub:`` before it.

    Raises:
        UserError: It is something else.
    """
    name = name.removeprefix(PREFIX)
    if not _REPOSITORY.fullmatch(name) or ".." in name or "--" in name:
        raise UserError(
            f"'{name}' is no repository of the Hub: write owner/name, in letters, digits, '-', '_' "
            "and '.'."
        )
    return name


def revision_named(name: str) -> str:
    """Return the name of a branch, a tag or a commit as it is.

    Raises:
        UserError: It is something else.
    """
    if not _REVISION.fullmatch(name) or ".." in name:
        raise UserError(f"'{name}' is no revision: write a branch, a tag or a commit.")
    return name
