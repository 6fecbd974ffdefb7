"""IDX files, the format of MNIST and its relatives, compressed with gzip or not."""

from __future__ import annotations

import gzip
import math
import re
import zlib
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from omnigan.errors import UserError
from omnigan_image.data.arrays import array_images
from omnigan_image.data.collection import Collection

__all__ = ["idx_files", "idx_images", "is_idx", "label_file", "read_idx"]

# Types of values by their code, most significant byte first (Y. LeCun's description of MNIST).
_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_IMAGES = re.compile(r"(?:idx[34][.-]ubyte|images?[.-].*\.idx|\.idx[34])(?:\.gz)?$", re.IGNORECASE)
_PART = 2**24
_PAIRS = (("images", "labels"), ("idx3", "idx1"), ("idx4", "idx1"))


def idx_files(path: Path) -> list[Path]:
    """Return the IDX files of images that a folder directly holds, by name; a file is its own."""
    if path.is_file():
        return [path]
    return sorted(
        file
        for file in path.iterdir()
        if _IMAGES.search(file.name) and not file.name.startswith(".") and is_idx(file)
    )


def is_idx(path: Path) -> bool:
    """Say whether a file begins like an IDX file."""
    try:
        with _open(path) as file:
            head = file.read(4)
    except (OSError, EOFError, zlib.error):
        return False
    return len(head) == 4 and head[:2] == b"\0\0" and head[2] in _TYPES and 1 <= head[3] <= 4


def label_file(images: Path) -> Path | None:
    """Return the file of labels beside a file of images, named as in MNIST."""
    name = images.name.removesuffix(".gz")
    for old, new in _PAIRS:
        name = name.replace(old, new)
    for candidate in (images.with_name(name), images.with_name(f"{name}.gz")):
        if candidate.name != images.name and candidate.is_file():
            return candidate
    return None


def read_idx(path: Path) -> NDArray[Any]:
    """Return the array in an IDX file.

    Raises:
        UserError: It is damaged.
    """
    try:
        with _open(path) as file:
            head = file.read(4)
            axes = head[3]
            shape = tuple(np.frombuffer(file.read(4 * axes), ">u4").tolist())
            dtype = np.dtype(_TYPES[head[2]])
            wanted = math.prod(shape) * dtype.itemsize
            content = _up_to(file, wanted + 1)
    except (OSError, EOFError, zlib.error, IndexError, KeyError, ValueError) as error:
        raise UserError(f"data.source: '{path}' is a damaged IDX file: {error!r}") from error
    if len(content) != wanted or len(shape) != axes:
        raise UserError(
            f"data.source: '{path}' is a damaged IDX file: its head promises the shape "
            f"{list(shape)}, {wanted} bytes, and there are "
            f"{'more' if len(content) > wanted else len(content)}"
        )
    return np.frombuffer(content, dtype).reshape(shape)


def idx_images(path: Path, with_labels: bool) -> Collection:
    """Return the images of an IDX file, or of all those in a folder, one after the other.

    Args:
        path: File or folder.
        with_labels: Read the files of labels beside them.

    Raises:
        UserError: A file is damaged, sizes differ, or there are no labels.
    """
    files = idx_files(path)
    parts = [read_idx(file) for file in files]
    if len({part.shape[1:] for part in parts}) > 1 or len({part.dtype for part in parts}) > 1:
        shapes = ", ".join(f"{f.name} {list(p.shape)}" for f, p in zip(files, parts, strict=True))
        raise UserError(f"data.source: the files in '{path}' differ: {shapes}. Name one of them")
    labels = None
    if with_labels:
        labels = [text for file, part in zip(files, parts, strict=True) for text in _of(file, part)]
    return array_images(np.concatenate(parts) if len(parts) > 1 else parts[0], str(path), labels)


def _of(file: Path, images: NDArray[Any]) -> list[str]:
    beside = label_file(file)
    if beside is None:
        raise UserError(
            f"data.labels: there is no file of labels beside '{file}', such as "
            "train-labels-idx1-ubyte; write data.labels=none"
        )
    labels = read_idx(beside)
    if labels.shape != (len(images),):
        raise UserError(
            f"data.labels: '{beside}' has the shape {list(labels.shape)}, but '{file.name}' has "
            f"{len(images)} images"
        )
    return [str(label) for label in labels.tolist()]


def _up_to(file: IO[bytes], count: int) -> bytes:
    """Return so many bytes, or all there are, without making room for what a head only claims."""
    parts = []
    while count and (part := file.read(min(count, _PART))):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path)) if is_packed else path.open("rb")
