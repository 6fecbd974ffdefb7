"""A user's own files as examples of a domain."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from torch import Tensor

from omnigan.domain import Domain, FileExamples
from omnigan.errors import OmniganError, UserError, listed
from omnigan.returned import misfit, tensor
from omnigan.walk import walk

__all__ = ["examples_in", "files_of", "read_examples"]


def files_of(domain: Domain, path: Path) -> list[Path]:
    """Return the files that a path means to a domain: itself, or those of its kind in a folder.

    Raises:
        UserError: There are none in the folder.
    """
    found = domain.file_endings()
    if isinstance(found, str) or not isinstance(found, Collection):
        wanted = "give the endings of files in a list, as in ['.png']"
        raise misfit(domain, "file_endings", wanted, found)
    endings = sorted(found)
    if not endings or not path.is_dir():
        return [path]
    files = sorted(file for file in walk(path) if file.name.lower().endswith(tuple(endings)))
    if not files:
        raise UserError(
            f"{path}: there is no file in it, or in any folder below it, that ends with "
            f"{listed(endings)}."
        )
    return files


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
        OmniganError: The domain tells other texts than it has examples.
    """
    made = domain.read_file(file)
    x = made.x if isinstance(made, FileExamples) else made
    tensor(domain, "read_file", x, ["N", *domain.space.shape])
    found = FileExamples.of(made)
    if not len(found.x):
        raise UserError(f"{file}: there is no example in it.")
    if len(found.texts) not in (0, len(found.x)):
        raise OmniganError(
            f"read_file() of {type(domain).__name__} gives {len(found.texts)} texts for "
            f"{len(found.x)} examples: give one for each, or none."
        )
    return found
