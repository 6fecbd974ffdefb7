"""Paths that a user wrote."""

from __future__ import annotations

from pathlib import Path

from omnigan.errors import UserError
from omnigan.walk import printable

__all__ = ["user_path"]


def user_path(text: str, key: str) -> Path:
    """Return a path with ``~`` filled in; nothing need be there.

    Args:
        text: What the user wrote.
        key: Recipe key that it stands under, for the error.

    Raises:
        UserError: It can be no path, or leads to where this user may not look.
    """
    try:
        path = Path(text).expanduser()
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return path
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{key}: '{_shown(text)}' cannot be opened: {reason}") from error
    return path


def _shown(text: str) -> str:
    text = printable(text).replace("\0", "\\0")
    return text if len(text) <= 100 else f"{text[:100]}..."
