"""The fitted images of a source in one memory-mapped file, made once and kept in the cache.

A set of images has a folder of its own below ``image`` in the cache: ``pixels.npy``, uint8
``[N, C, H, W]``, and ``facts.npz``. Both are written under another name and renamed, so that two
runs that make them at once do not meet; the facts come last and hold a hash of every image, so
that pixels which are not theirs are noticed.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from omnigan.cache import cache_folder, write_atomically
from omnigan.domain import Notify
from omnigan_image.data.build import build, digest
from omnigan_image.data.collection import Collection, Pixels, spread
from omnigan_image.data.facts import Facts, pack_facts, unpack_facts
from omnigan_image.data.fit import Canvas

__all__ = ["Stored", "cache_key", "make", "recall"]

VERSION = 1
"""Raise it when the same source gives other pixels or other facts."""

_WRITING = ".pixels-"
_ABANDONED = 24 * 3600.0  # seconds after which nobody is writing a file any more
_CHECKED = 4096  # images whose hash is compared when a set is opened


@dataclass(frozen=True)
class Stored:
    """Fitted images.

    Attributes:
        pixels: ``[N, C, H, W]`` uint8, mapped from a file where there is one.
        facts: What is known about each.
        file: That file; None where the cache cannot be written.
    """

    pixels: Pixels
    facts: Facts
    file: Path | None


def cache_key(*parts: Any) -> str:
    """Return a name for what follows from JSON values."""
    text = json.dumps([VERSION, *parts], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def recall(key: str, shape: tuple[int, int, int]) -> Stored | None:
    """Return the images of a key from the cache, None if they are not there or damaged.

    Args:
        key: See :func:`cache_key`.
        shape: Channels, height and width.
    """
    file = _pixels_file(key)
    try:
        facts = unpack_facts(file.with_name("facts.npz").read_bytes())
        pixels = map_pixels(file)
    except (OSError, ValueError):
        return None
    if pixels.shape != (len(facts.names), *shape) or pixels.dtype != np.uint8:
        return None
    good = facts.rows()
    checked = [good[place] for place in spread(len(good), _CHECKED)]
    if any(digest(pixels[row]) != facts.digests[row].tobytes() for row in checked):
        return None
    return Stored(pixels, facts, file)


def make(
    key: str, collection: Collection, canvas: Canvas, max_pixels: int, notify: Notify
) -> Stored:
    """Decode all images into the cache, or into memory if it cannot be written."""

    def fill(write: Callable[[Pixels], object]) -> Facts:
        return build(collection, canvas, max_pixels, write, notify)

    shape = (len(collection.names), *canvas.shape)
    file = _pixels_file(key)
    try:
        facts = _write(file, shape, fill)
        if facts.lasting:
            write_atomically(file.with_name("facts.npz"), pack_facts(facts))
        return Stored(map_pixels(file), facts, file)
    except (OSError, ValueError):  # it cannot be written, or is full, or was deleted meanwhile
        pixels = np.empty(shape, np.uint8)
        rows = iter(pixels)
        return Stored(pixels, fill(lambda image: np.copyto(next(rows), image)), None)


def map_pixels(file: Path) -> Pixels:
    """Map a file of pixels into memory.

    Raises:
        OSError: It cannot be opened.
        ValueError: It is damaged or too short.
    """
    try:
        pixels: Pixels = np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))
    except EOFError as error:
        raise ValueError("it is empty") from error
    return pixels


def _pixels_file(key: str) -> Path:
    return cache_folder("image", key, "pixels.npy")


def _write(
    file: Path, shape: tuple[int, ...], fill: Callable[[Callable[[Pixels], object]], Facts]
) -> Facts:
    """Write the pixels under another name and rename them.

    They are written, not mapped: where the disk is full, writing fails and mapping crashes.

    Raises:
        OSError: The folder cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    _sweep(file.parent)
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=_WRITING)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            head = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(opened, head)
            facts = fill(lambda image: opened.write(image.tobytes()))
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(temporary, file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return facts


def _sweep(folder: Path) -> None:
    """Remove what runs that were killed while they wrote have left behind."""
    for left in folder.glob(f"{_WRITING}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED:
            left.unlink(missing_ok=True)
