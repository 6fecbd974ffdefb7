"""A user's own files as examples of a domain."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from omnigan.domain import Domain, FileExamples
from omnigan.errors import UserError

__all__ = ["examples_in", "read_examples"]


def examples_in(domain: Domain, file: Path) -> Tensor:
    """Return the examples in a file, one or more, ``[N, *space.shape]``.

    Raises:
        UserError: It cannot be read, or holds none.
    """
    return read_examples(domain, file).x


def read_examples(domain: Domain, file: Path) -> FileExamples:
    """Return what a file holds, at least one example.

    Raises:
        UserError: It cannot be read, or holds none.
    """
    found = domain.read_file(file)
    if not len(found.x):
        raise UserError(f"{file}: there is no example in it.")
    return found
