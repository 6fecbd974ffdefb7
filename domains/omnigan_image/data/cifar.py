"""CIFAR-10 and CIFAR-100, in the Python and in the binary version (Krizhevsky 2009)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from omnigan.errors import UserError
from omnigan_image.data.arrays import array_images
from omnigan_image.data.batch_pickle import read_batch
from omnigan_image.data.cifar_files import NAME_FILES, open_cifar
from omnigan_image.data.collection import Collection, Pixels

__all__ = ["cifar_images"]

_PIXELS = 3 * 32 * 32


def cifar_images(path: Path, label: str | None) -> Collection:
    """Return the images of all batches, training and test, one after the other.

    Args:
        path: A folder of batches, one batch, or a tar archive of them, which is not unpacked to
            disk.
        label: ``coarse`` for the 20 superclasses of CIFAR-100, any other word for its 100 classes;
            None reads no labels.

    Raises:
        UserError: A batch or the archive is damaged.
    """
    files = open_cifar(path)
    kind = "label"
    if files.has_coarse_labels:
        kind = "coarse" if label == "coarse" else "fine"
    parts = [_read(name, files.read, kind, path) for name in files.batches]
    images = np.concatenate([pixels for pixels, _ in parts]).reshape(-1, 3, 32, 32)
    if label is None:
        return array_images(images, str(path))
    names = _label_names(files.read, kind)
    numbers = np.concatenate([labels for _, labels in parts]).tolist()
    texts = [names[number] if 0 <= number < len(names) else str(number) for number in numbers]
    return array_images(images, str(path), texts)


def _read(name: str, read: Callable[[str], bytes], kind: str, source: Path) -> tuple[Pixels, Any]:
    """Return pixels ``[N, 3072]`` and the label numbers of one batch."""
    try:
        content = read(name)
        is_binary = name.endswith(".bin")
        pixels, labels = (_from_bytes if is_binary else _from_pickle)(content, kind)
        if pixels.ndim != 2 or pixels.shape != (len(labels), _PIXELS) or not len(labels):
            raise ValueError(f"images {list(pixels.shape)} and {len(labels)} labels do not fit")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        file = source if source.name == name else source / name
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


def _label_names(read: Callable[[str], bytes], kind: str) -> list[str]:
    """Return the names of the classes; none if their file is not there."""
    (meta, key), text = NAME_FILES[kind]
    with suppress(OSError, ValueError, KeyError, TypeError):
        return [str(name) for name in read_batch(read(meta))[key]]
    with suppress(OSError, ValueError, KeyError):
        lines = read(text).decode("utf-8").splitlines()
        return [line.strip() for line in lines if line.strip()]
    return []
