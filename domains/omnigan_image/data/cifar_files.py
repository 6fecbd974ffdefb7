"""Which files CIFAR consists of: in a folder, alone, or in the archive that is published."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from omnigan.errors import UserError
from omnigan_image.data.file_sources import ENDINGS

__all__ = ["NAME_FILES", "CifarFiles", "batch_files", "is_cifar_archive", "open_cifar"]

NAME_FILES = {
    "label": (("batches.meta", "label_names"), "batches.meta.txt"),
    "fine": (("meta", "fine_label_names"), "fine_label_names.txt"),
    "coarse": (("meta", "coarse_label_names"), "coarse_label_names.txt"),
}
"""Where the names of labels are: the file and its key in the Python version, the file in bytes."""

_TEN = re.compile(r"(?:data_batch(?:_\d+)?|test_batch)(\.bin)?")
_HUNDRED = re.compile(r"(?:train|test)(\.bin)?")
_SIGNS_OF_HUNDRED = ("meta", "fine_label_names.txt")
_OF_NAMES = {file for (meta, _), text in NAME_FILES.values() for file in (meta, text)}
_MOST_BYTES = 2**29  # the largest batch, that of CIFAR-100, has 155 MB


@dataclass(frozen=True)
class CifarFiles:
    """The files of CIFAR, by name.

    Attributes:
        batches: Names of the batches, sorted.
        read: Returns the content of a file, of labels too. Raises OSError or KeyError.
    """

    batches: Sequence[str]
    read: Callable[[str], bytes]

    @property
    def has_coarse_labels(self) -> bool:
        """Whether it is CIFAR-100."""
        return _TEN.fullmatch(self.batches[0]) is None


def batch_files(path: Path) -> list[Path]:
    """Return the CIFAR batches that a folder directly holds, by name; empty if it is no CIFAR.

    A path that is a batch itself is the only one.
    """
    files = path.iterdir() if path.is_dir() else [path]
    names = [file.name for file in files if _may_be_batch(file.name) and file.is_file()]
    folder = path if path.is_dir() else path.parent
    signs = [sign for sign in _SIGNS_OF_HUNDRED if (folder / sign).is_file()]
    return [folder / name for name in _batches(names, signs)]


def is_cifar_archive(path: Path) -> bool:
    """Say whether a tar archive holds CIFAR batches instead of pictures.

    It is read up to the first picture, or to where batches are certain.

    Raises:
        UserError: It is damaged before that.
    """
    found: dict[PurePosixPath, set[str]] = {}
    with _opened(path) as archive:
        for item in archive:
            file = PurePosixPath(item.name)
            if file.suffix.lower() in ENDINGS:
                return False
            if item.isreg():
                names = found.setdefault(file.parent, set())
                names.add(file.name)
                if _batches(names, names):
                    return True
    return False


def open_cifar(path: Path) -> CifarFiles:
    """Return the files of a folder of batches, of one batch, or of an archive of them.

    Raises:
        UserError: The archive is damaged.
    """
    files = batch_files(path)
    if files:
        folder = files[0].parent
        return CifarFiles([file.name for file in files], lambda name: (folder / name).read_bytes())
    contents = _unpacked(path)
    return CifarFiles(_batches(contents, contents), contents.__getitem__)


def _unpacked(path: Path) -> dict[str, bytes]:
    """Return the files of the first folder of an archive that holds batches, by name.

    They are read in the order they lie in: going back means to unpack all from the beginning.
    """
    folders: dict[PurePosixPath, dict[str, bytes]] = {}
    with _opened(path) as archive:
        for item in archive:
            file = PurePosixPath(item.name)
            if item.isreg() and (_may_be_batch(file.name) or file.name in _OF_NAMES):
                if item.size > _MOST_BYTES:
                    raise ValueError(f"{item.name} is larger than any batch")
                opened = archive.extractfile(item)
                assert opened is not None  # a regular file
                folders.setdefault(file.parent, {})[file.name] = opened.read()
    return next(contents for contents in folders.values() if _batches(contents, contents))


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    """Give an archive; what goes wrong while it is read is a UserError."""
    try:
        with tarfile.open(path) as archive:
            yield archive
    except Exception as error:  # of the decompressor, which may be any of several
        raise UserError(
            f"data.source: '{path}' is a damaged archive ({error}); make or download it again"
        ) from error


def _may_be_batch(name: str) -> bool:
    return bool(_TEN.fullmatch(name) or _HUNDRED.fullmatch(name))


def _batches(names: Collection[str], beside: Collection[str]) -> list[str]:
    """Return the names of batches among some, sorted.

    Args:
        names: Of files of one folder.
        beside: Those that show whether it is CIFAR-100, whose batches have names of no meaning.
    """
    ten = sorted(name for name in names if _TEN.fullmatch(name))
    if ten or not any(sign in beside for sign in _SIGNS_OF_HUNDRED):
        return ten
    return sorted(name for name in names if _HUNDRED.fullmatch(name))
