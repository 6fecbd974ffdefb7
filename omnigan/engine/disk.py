"""What a machine refuses a run - space, files, memory, processes - in words."""

from __future__ import annotations

import errno
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from omnigan.engine.runfolder import RunFolder, step_folders
from omnigan.errors import OmniganError, lacks_memory

__all__ = ["failures_elsewhere_in_words", "failures_in_words", "resume_command"]

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_LOADER = re.compile(r"DataLoader worker")


@contextmanager
def failures_in_words(folder: RunFolder, command: str) -> Iterator[None]:
    """Say what a failure of the machine has left of a run, and what to do.

    Args:
        folder: The run's.
        command: Goes on with the run.

    Raises:
        OmniganError: The block could not write or read a file, had too little memory, or lost a
            loader process.
    """
    with _in_words(f" ({folder.path})", partial(_advice, folder, command)):
        yield


@contextmanager
def failures_elsewhere_in_words(command: Callable[[], str | None]) -> Iterator[None]:
    """Do the same in a process that does not write the run's folder, nor know what is in it.

    Args:
        command: Returns what goes on with the run; None: it has not begun.

    Raises:
        OmniganError: See :func:`failures_in_words`.
    """

    def advise(first: str) -> str:
        after = command()
        then = f"go on with:\n  {after}" if after else "start again."
        return f"{first[0].upper()}{first[1:]}, then {then}"

    with _in_words("", advise):
        yield


Advise = Callable[[str], str]
"""Returns what is saved, and what to do: first of all what is said."""


@contextmanager
def _in_words(disk: str, advise: Advise) -> Iterator[None]:
    """Say what fails in the block; ``disk`` names a disk that is full."""
    try:
        yield
    except OSError as error:
        raise OmniganError(_about_files(error, disk, advise)) from error
    except (MemoryError, RuntimeError) as error:  # torch has no errors of its own for these
        if lacks_memory(error):
            raise OmniganError(_about_memory(advise)) from error
        if _NO_LOADER.search(str(error)):
            raise OmniganError(_about_loaders(advise)) from error
        raise


def _about_files(error: OSError, disk: str, advise: Advise) -> str:
    if error.errno in DISK_FULL:
        return f"The disk is full{disk}. {advise('make room')}"
    if error.errno == errno.ENOMEM:
        return _about_memory(advise)
    reason = error.strerror or str(error) or type(error).__name__
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    where = f" ({' -> '.join(names)})" if names else ""
    return f"A file cannot be read or written: {reason}{where}. {advise('mend that')}"


def _about_memory(advise: Advise) -> str:
    return (
        "There is not enough memory. Close other programs, or start another run with a smaller "
        "train.batch_size, a larger train.accumulate or narrower networks. " + advise("make room")
    )


def _about_loaders(advise: Advise) -> str:
    advice = advise("lower train.workers if memory is short")
    return f"A loader process was killed or could not start. {advice}"


def _advice(folder: RunFolder, command: str, first: str) -> str:
    good = max(step_folders(folder.checkpoints), default=None)
    if good is None:
        return f"Nothing is saved; {first}, then start again."
    return f"The checkpoint of step {good} is whole; {first}, then go on with:\n  {command}"


def resume_command(folder: RunFolder) -> str:
    """Return the command that goes on with a run."""
    recipe, out = shlex.quote(str(folder.recipe)), shlex.quote(str(folder.path))
    return f"omnigan train {recipe} --out {out} --resume"
