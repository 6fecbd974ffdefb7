"""A folder that is there as a whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from omnigan.engine.checkpoint import flush
from omnigan.errors import OmniganError, UserError

__all__ = ["appearing", "refuse_filled"]


def refuse_filled(out: Path) -> None:
    """Refuse a place where something is already.

    Raises:
        UserError: It is a file, or a folder that is not empty or cannot be read.
    """
    try:
        if out.is_dir() and any(out.iterdir()):
            raise UserError(f"{out} is not empty. Name a folder that does not exist yet.")
    except OSError as error:
        raise UserError(f"{out} cannot be read: {error.strerror}") from error
    if not out.is_dir() and (out.exists() or out.is_symlink()):
        raise UserError(f"{out} is a file. Name a folder that does not exist yet.")


@contextmanager
def appearing(final: Path) -> Iterator[Path]:
    """Give a folder to fill; only when all of it is on the disk does it get its name.

    Raises:
        UserError: It cannot be written.
        OmniganError: The disk is full.
    """
    final = final.resolve()
    temporary = final.parent / f".{final.name}-{os.getpid()}.tmp"
    try:
        temporary.mkdir(parents=True)
        yield temporary
        for path in [*temporary.rglob("*"), temporary]:
            flush(path)
        temporary.rename(final)
        flush(final.parent)
    except OSError as error:
        # A full disk is none of the user's mistakes, and neither is a broken one.
        mistakes = PermissionError | FileExistsError | NotADirectoryError
        kind = UserError if isinstance(error, mistakes) else OmniganError
        raise kind(f"cannot write to {final}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
