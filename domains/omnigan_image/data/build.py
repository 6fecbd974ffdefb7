"""Decodes every image of a source once, over all cores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import PIL

from omnigan.cores import cores
from omnigan.datasets.copies import Groups, Rows, copies_among, digest
from omnigan.domain import Notify
from omnigan_image.data.collection import Collection, Pixels, Raw, UnreadableImage
from omnigan_image.data.decode import decode, pillow_limit
from omnigan_image.data.duplicates import alike, thumbnail
from omnigan_image.data.facts import Facts
from omnigan_image.data.fit import Canvas

__all__ = ["build"]

ENLARGED = "enlarged"

_BLOCK = 64  # files of an archive that are in memory at once
_MOST_COMPARED = 200_000  # among more images only equal ones are found


@dataclass(frozen=True)
class _Drawn:
    """One image, fitted."""

    pixels: Pixels
    size: tuple[int, int]
    kind: str
    traits: tuple[str, ...]
    digest: bytes
    thumbnail: Pixels


_Outcome = _Drawn | UnreadableImage | OSError


def build(
    collection: Collection,
    canvas: Canvas,
    max_pixels: int,
    write: Callable[[Pixels], object],
    notify: Notify,
) -> Facts:
    """Decode and fit every image.

    Threads do it: Pillow lets others run while it decodes and resizes.

    Args:
        collection: Images.
        canvas: What they are fitted to.
        max_pixels: Larger ones are not decoded.
        write: Called with the pixels ``[C, H, W]`` of each image in turn, zeros where it has none.
        notify: Told how many are done.
    """
    total = len(collection.names)
    blank = np.zeros(canvas.shape, np.uint8)
    tally = _Tally(collection)
    with pillow_limit(max_pixels):
        for row, outcome in enumerate(_outcomes(collection, canvas, max_pixels)):
            tally.add(row, outcome)
            write(outcome.pixels if isinstance(outcome, _Drawn) else blank)
            notify("reading images", row + 1, total)
    return tally.facts()


def _outcomes(collection: Collection, canvas: Canvas, max_pixels: int) -> Iterator[_Outcome]:
    """Yield what became of each image, in order."""

    def draw(raw: Raw | UnreadableImage) -> _Outcome:
        if isinstance(raw, UnreadableImage):
            return raw
        try:
            return _drawn(raw, canvas, max_pixels)
        except (UnreadableImage, OSError) as error:
            return error

    total = len(collection.names)
    with ThreadPoolExecutor(cores()) as pool:
        for first in range(0, total, _BLOCK):
            block = range(first, min(first + _BLOCK, total))
            yield from pool.map(draw, [_raw(collection, place) for place in block])


def _raw(collection: Collection, place: int) -> Raw | UnreadableImage:
    try:
        return collection.read(place)
    except UnreadableImage as error:
        return error


def _drawn(raw: Raw, canvas: Canvas, max_pixels: int) -> _Drawn:
    decoded = decode(raw, max_pixels)
    height, width, _ = decoded.pixels.shape
    pixels = canvas.draw(decoded.pixels)
    traits = (ENLARGED,) if canvas.enlarges(height, width) else ()
    return _Drawn(
        pixels,
        (height, width),
        decoded.kind,
        decoded.traits + traits,
        digest(pixels),
        thumbnail(pixels),
    )


class _Tally:
    """Collects what is known about the images of a collection."""

    def __init__(self, collection: Collection) -> None:
        total = len(collection.names)
        self._collection = collection
        self._sizes = np.zeros((total, 2), np.int32)
        self._digests = np.zeros((total, 16), np.uint8)
        self._reasons: dict[int, str] = {}
        self._kinds: Counter[str] = Counter()
        self._traits: Counter[str] = Counter()
        self._thumbnails: list[Pixels] = []
        self._lasting = True

    def add(self, row: int, outcome: _Outcome) -> None:
        """Note what became of the next image."""
        if isinstance(outcome, _Drawn):
            self._sizes[row] = outcome.size
            self._digests[row] = np.frombuffer(outcome.digest, np.uint8)
            self._kinds[outcome.kind] += 1
            self._traits.update(outcome.traits)
            if len(self._collection.names) <= _MOST_COMPARED:
                self._thumbnails.append(outcome.thumbnail)
        elif isinstance(outcome, OSError):
            self._reasons[row] = f"it cannot be opened: {outcome.strerror or outcome}"
            self._lasting = False  # it may open next time
        else:
            self._reasons[row] = str(outcome)

    def facts(self) -> Facts:
        """Return everything, with groups of equal and of alike images."""
        rows = [row for row in range(len(self._sizes)) if row not in self._reasons]
        groups, duplicates = self._copies(np.array(rows, np.int64))
        return Facts(
            self._collection.names,
            self._reasons,
            self._sizes,
            self._digests,
            groups,
            self._collection.labels,
            {"kinds": self._kinds, "traits": self._traits, "duplicates": duplicates},
            self._collection.ignored,
            f"Pillow {PIL.__version__}",
            self._lasting,
        )

    def _copies(self, rows: Rows) -> tuple[Groups, Counter[str]]:
        found = copies_among(self._digests, rows, self._nearly)
        counts = Counter({"equal": len(rows) - found.distinct})
        if not self._thumbnails:
            counts["not compared"] = found.distinct
        else:
            too_many = int(found.alike is None)
            counts.update({"alike": found.alike or 0, "too many alike": too_many})
        return found.groups, counts

    def _nearly(self, firsts: Rows, most: int) -> Groups | None:
        if not self._thumbnails:
            return None
        return alike([self._thumbnails[first] for first in firsts], most)
