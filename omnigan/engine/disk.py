"""A full disk, in words."""

from __future__ import annotations

import errno
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from omnigan.engine import checkpoint
from omnigan.engine.runfolder import RunFolder
from omnigan.errors import OmniganError

__all__ = ["disk_full_in_words", "resume_command"]

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def disk_full_in_words(folder: RunFolder) -> Iterator[None]:
    """Say what a full disk has left of a run, and what to do.

    Raises:
        OmniganError: The block could not write for want of space.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        good = checkpoint.find(folder.checkpoints)
        advice = (
            f"The checkpoint of step {good[0].step} is whole; make room, then go on with:\n  "
            f"{resume_command(folder)}"
            if good
            else "Nothing is saved; make room, then start again."
        )
        raise OmniganError(f"The disk is full ({folder.path}). {advice}") from error


def resume_command(folder: RunFolder) -> str:
    """Return the command that goes on with a run."""
    recipe, out = shlex.quote(str(folder.recipe)), shlex.quote(str(folder.path))
    return f"omnigan train {recipe} --out {out} --resume"
