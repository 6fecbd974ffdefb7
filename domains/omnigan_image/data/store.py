"""The fitted images of a source in one memory-mapped file, made once and kept in the cache.

A set of images has a folder of its own below ``image`` in the cache: ``pixels.npy``, uint8
``[N, C, H, W]``, and ``facts.npz``, which holds a hash of every image, so that pixels which are
not theirs are noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from omnigan.cache import cache_folder
from omnigan.datasets.copies import digest
from omnigan.datasets.rows import Write, make_rows, map_rows, read_facts
from omnigan.domain import Notify
from omnigan.thinning import evenly
from omnigan_image.data.build import build
from omnigan_image.data.collection import Collection, Pixels
from omnigan_image.data.facts import Facts, pack_facts, unpack_facts
from omnigan_image.data.fit import Canvas

__all__ = ["VERSION", "Stored", "make", "recall"]

VERSION = 3
"""Raise it when the same source gives other pixels or other facts."""

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


def recall(key: str, shape: tuple[int, int, int]) -> Stored | None:
    """Return the images of a key from the cache, None if they are not there or damaged.

    Args:
        key: See :func:`omnigan.datasets.rows.cache_key`.
        shape: Channels, height and width.
    """
    file = _pixels_file(key)
    try:
        facts = unpack_facts(read_facts(file))
        pixels = map_rows(file)
    except (OSError, ValueError):
        return None
    if pixels.shape != (len(facts.names), *shape) or pixels.dtype != np.uint8:
        return None
    good = facts.rows()
    checked = [good[place] for place in evenly(len(good), min(len(good), _CHECKED))]
    if any(digest(pixels[row]) != facts.digests[row].tobytes() for row in checked):
        return None
    return Stored(pixels, facts, file)


def make(
    key: str,
    collection: Collection,
    canvas: Canvas,
    max_pixels: int,
    notify: Notify,
    *,
    unchanged: Callable[[], bool],
) -> Stored:
    """Decode all images into the cache, or into memory if it cannot be written.

    They are kept only if ``unchanged`` says in the end that the key is still that of the files.
    """

    def fill(write: Write) -> Facts:
        return build(collection, canvas, max_pixels, write, notify)

    def pack(facts: Facts) -> bytes | None:
        return pack_facts(facts) if facts.lasting and unchanged() else None

    return Stored(*make_rows(_pixels_file(key), canvas.shape, np.uint8, fill, pack))


def _pixels_file(key: str) -> Path:
    return cache_folder("image", key, "pixels.npy")
