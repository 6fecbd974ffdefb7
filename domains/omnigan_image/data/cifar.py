"""CIFAR-10 and CIFAR-100, in the Python and in the binary version (Krizhevsky 2009)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from omnigan.errors import UserError
from omnigan_image.data.arrays import array_images
from omnigan_image.data.batch_pickle import read_batch
from omnigan_image.data.collection import Collection, Pixels

__all__ = ["batch_files", "cifar_images"]

_PIXELS = 3 * 32 * 32
_TEN = re.compile(r"(?:data_batch(?:_\d+)?|test_batch)(\.bin)?")
_HUNDRED = re.compile(r"(?:train|test)(\.bin)?")
# Label names: the key in the Python version's file of names, and the file in the binary one.
_NAMES = {
    "label": (("batches.meta", "label_names"), "batches.meta.txt"),
    "fine": (("meta", "fine_label_names"), "fine_label_names.txt"),
    "coarse": (("meta", "coarse_label_names"), "coarse_label_names.txt"),
}


def batch_files(path: Path) -> list[Path]:
    """Return the CIFAR batches that a folder directly holds, by name; empty if it is no CIFAR.

    A path that is a batch itself is the only one.
    """
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    ten = [file for file in files if _TEN.fullmatch(file.name) and file.is_file()]
    if ten:
        return ten
    folder = path if path.is_dir() else path.parent
    is_hundred = (folder / "meta").is_file() or (folder / "fine_label_names.txt").is_file()
    hundred = [file for file in files if _HUNDRED.fullmatch(file.name) and file.is_file()]
    return hundred if is_hundred else []


def cifar_images(path: Path, label: str | None) -> Collection:
    """Return the images of all batches, training and test, one after the other.

    Args:
        path: A folder of batches, or one batch.
        label: ``coarse`` for the 20 superclasses of CIFAR-100, any other word for its 100 classes;
            None reads no labels.

    Raises:
        UserError: A batch is damaged.
    """
    files = batch_files(path)
    is_ten = _TEN.fullmatch(files[0].name) is not None
    kind = "label" if is_ten else ("coarse" if label == "coarse" else "fine")
    parts = [_read(file, kind) for file in files]
    images = np.concatenate([pixels for pixels, _ in parts]).reshape(-1, 3, 32, 32)
    if label is None:
        return array_images(images, str(path))
    names = _label_names(files[0].parent, kind)
    numbers = np.concatenate([labels for _, labels in parts]).tolist()
    texts = [names[number] if 0 <= number < len(names) else str(number) for number in numbers]
    return array_images(images, str(path), texts)


def _read(file: Path, kind: str) -> tuple[Pixels, Any]:
    """Return pixels ``[N, 3072]`` and the label numbers of one batch."""
    try:
        content = file.read_bytes()
        pixels, labels = (
            _from_bytes(content, kind) if file.suffix == ".bin" else _from_pickle(content, kind)
        )
        if pixels.ndim != 2 or pixels.shape != (len(labels), _PIXELS) or not len(labels):
            raise ValueError(f"images {list(pixels.shape)} and {len(labels)} labels do not fit")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"data.source: '{file}' is no CIFAR batch: {error}") from error
    return pixels, labels


def _from_pickle(content: bytes, kind: str) -> tuple[Pixels, Any]:
    batch = read_batch(content)
    key = "labels" if kind == "label" else f"{kind}_labels"
    return batch["data"], np.asarray(batch[key], np.int64)


def _from_bytes(content: bytes, kind: str) -> tuple[Pixels, Any]:
    """Rows of one label (CIFAR-100: the coarse, then the fine one) and 3,072 values."""
    labels = 1 if kind == "label" else 2
    rows = np.frombuffer(content, np.uint8).reshape(-1, labels + _PIXELS)
    return rows[:, labels:], rows[:, 1 if kind == "fine" else 0].astype(np.int64)


def _label_names(folder: Path, kind: str) -> list[str]:
    """Return the names of the classes; none if their file is not there."""
    (meta, key), text = _NAMES[kind]
    try:
        if (folder / meta).is_file():
            return [str(name) for name in read_batch((folder / meta).read_bytes())[key]]
        lines = (folder / text).read_text(encoding="utf-8").splitlines()
        return [line.strip() for line in lines if line.strip()]
    except (OSError, ValueError, KeyError, TypeError):
        return []
