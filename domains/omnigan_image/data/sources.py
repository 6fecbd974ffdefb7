"""What kind of source a path or a name is, and how to open it."""

from __future__ import annotations

import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from omnigan.datasets.files import files_below, no_such_source
from omnigan.datasets.label_table import used_table
from omnigan.errors import UserError
from omnigan.paths import user_path
from omnigan_image.data.arrays import npy_images, npz_images
from omnigan_image.data.cifar import cifar_images
from omnigan_image.data.cifar_files import batch_files, is_cifar_archive
from omnigan_image.data.collection import Collection
from omnigan_image.data.digits import digit_images, digits_file
from omnigan_image.data.file_sources import ENDINGS, open_archive, open_files
from omnigan_image.data.idx import idx_files, idx_images, is_idx, label_file
from omnigan_image.data_config import ImageData

__all__ = ["DIGITS", "Found", "find", "open_source"]

DIGITS = "mnist"
Kind = Literal["digits", "files", "zip", "tar", "npy", "npz", "idx", "cifar"]


@dataclass(frozen=True)
class Found:
    """A source that exists.

    Attributes:
        kind: How it is read.
        path: Where it is.
        parts: Files that it consists of, and what counts of each one's name.
        files: Image files, ``(name, file)``, in a folder or one alone.
        ignored: Other files of that folder, by ending.
    """

    kind: Kind
    path: Path
    parts: Sequence[tuple[str, Path]]
    files: Sequence[tuple[str, Path]] = ()
    ignored: Counter[str] = field(default_factory=Counter)

    @property
    def has_labels(self) -> bool:
        """Whether sources of this kind may come with labels of their own."""
        return self.kind in ("digits", "npz", "idx", "cifar")


def find(source: str, labels: str = "none") -> Found:
    """Say what a source is, without reading it.

    Args:
        source: What ``data.source`` says.
        labels: What ``data.labels`` says: a table that they are read from is no other file.

    Raises:
        UserError: There is no such source.
    """
    if source == DIGITS:
        return _of_files("digits", digits_file())
    path = user_path(source, "data.source")
    if path.is_dir():
        return _folder(path, labels)
    if path.is_file():
        return _file(path)
    forms = "a folder of images, of a .zip, .tar, .npy, .npz or IDX file"
    raise no_such_source(source, [DIGITS], forms)


def _folder(path: Path, labels: str) -> Found:
    if files := idx_files(path):
        return _of_files("idx", path, files)
    if files := batch_files(path):
        return _of_files("cifar", path, files)
    images, ignored = files_below(path, ENDINGS, used_table(labels, path))
    return Found("files", path, images, images, ignored)


def _file(path: Path) -> Found:
    try:
        with path.open("rb") as file:
            head = file.read(6)
    except OSError as error:
        raise UserError(
            f"data.source: cannot read '{path}' ({error.strerror or error}). Check its permissions"
        ) from error
    if head == b"\x93NUMPY":
        return _of_files("npy", path)
    if head.startswith(b"PK"):
        return _of_files("npz" if path.suffix.lower() == ".npz" else "zip", path)
    if is_idx(path):
        return _of_files("idx", path)
    if batch_files(path):
        return _of_files("cifar", path)
    if _is_tar(path):
        return Found("cifar" if is_cifar_archive(path) else "tar", path, [("", path)])
    return Found("files", path, [("", path)], [(path.name, path)])


def _is_tar(path: Path) -> bool:
    """Say whether a file is a tar archive, or compressed and too damaged to tell."""
    try:
        return tarfile.is_tarfile(path)
    except Exception:  # of the decompressor, which may be any of several
        return True


def _of_files(kind: Kind, path: Path, files: Sequence[Path] = ()) -> Found:
    """Return a source of arrays or an archive, with the files that its labels may come from."""
    files = list(files or [path])
    if kind == "idx":
        files += [beside for file in files if (beside := label_file(file)) is not None]
    if kind == "cifar":
        folder = files[0].parent
        files += sorted(f for f in folder.iterdir() if "meta" in f.name or "label_names" in f.name)
    # Which of several files is what, their names tell.
    return Found(kind, path, [(file.name if files[1:] else "", file) for file in files])


@contextmanager
def open_source(found: Found, data: ImageData) -> Iterator[Collection]:
    """Give the images of a source, and its own labels if ``data.labels`` is ``auto``.

    Raises:
        UserError: It is damaged, holds no images, or lacks those labels.
    """
    label = data.label_column if data.labels == "auto" else None
    if found.kind == "files":
        with open_files(found.files, found.ignored, data.source) as collection:
            yield collection
    elif found.kind in ("zip", "tar"):
        with open_archive(found.path, found.kind, data.max_pixels) as collection:
            yield collection
    else:
        yield _arrays(found, data.array, label)


def _arrays(found: Found, array: str | None, label: str | None) -> Collection:
    if found.kind == "npy":
        return npy_images(found.path)
    if found.kind == "npz":
        return npz_images(found.path, array, label)
    if found.kind == "idx":
        return idx_images(found.path, label is not None)
    if found.kind == "cifar":
        return cifar_images(found.path, label)
    return digit_images(found.path)
