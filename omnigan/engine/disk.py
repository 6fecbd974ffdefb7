"""What a machine refuses a run - space, files, memory, processes - in words."""

from __future__ import annotations

import errno
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from omnigan.engine.runfolder import RunFolder, step_folders
from omnigan.errors import OmniganError

__all__ = ["failures_in_words", "resume_command"]

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_MEMORY = re.compile(r"out of memory|(can't|cannot|unable to) allocate|not enough memory", re.I)
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
    try:
        yield
    except OSError as error:
        raise OmniganError(_about_files(error, folder, command)) from error
    except MemoryError as error:
        raise OmniganError(_about_memory(folder, command)) from error
    except RuntimeError as error:  # torch has no errors of its own for these
        if _NO_MEMORY.search(str(error)):
            raise OmniganError(_about_memory(folder, command)) from error
        if _NO_LOADER.search(str(error)):
            raise OmniganError(_about_loaders(folder, command)) from error
        raise


def _about_files(error: OSError, folder: RunFolder, command: str) -> str:
    if error.errno in DISK_FULL:
        return f"The disk is full ({folder.path}). {_advice(folder, 'make room', command)}"
    if error.errno == errno.ENOMEM:
        return _about_memory(folder, command)
    reason = error.strerror or str(error) or type(error).__name__
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    where = f" ({' -> '.join(names)})" if names else ""
    advice = _advice(folder, "mend that", command)
    return f"A file cannot be read or written: {reason}{where}. {advice}"


def _about_memory(folder: RunFolder, command: str) -> str:
    return (
        "There is not enough memory. Close other programs, or start another run with a smaller "
        "train.batch_size, a larger train.accumulate or narrower networks. "
        + _advice(folder, "make room", command)
    )


def _about_loaders(folder: RunFolder, command: str) -> str:
    advice = _advice(folder, "lower train.workers if memory is short", command)
    return f"A loader process was killed or could not start. {advice}"


def _advice(folder: RunFolder, first: str, command: str) -> str:
    """Return what is saved, and what to do."""
    good = max(step_folders(folder.checkpoints), default=None)
    if good is None:
        return f"Nothing is saved; {first}, then start again."
    return f"The checkpoint of step {good} is whole; {first}, then go on with:\n  {command}"


def resume_command(folder: RunFolder) -> str:
    """Return the command that goes on with a run."""
    recipe, out = shlex.quote(str(folder.recipe)), shlex.quote(str(folder.path))
    return f"omnigan train {recipe} --out {out} --resume"
