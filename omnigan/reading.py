"""A user's own files as examples of a domain."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from omnigan.domain import Domain
from omnigan.errors import UserError

__all__ = ["examples_in"]


def examples_in(domain: Domain, file: Path) -> Tensor:
    """Return the examples in a file, one or more, ``[N, *space.shape]``.

    Raises:
        UserError: It cannot be read, or holds none.
    """
    x = domain.load_files([file])
    if not len(x):
        raise UserError(f"{file}: there is no example in it.")
    return x
