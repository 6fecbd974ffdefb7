"""What every kind of source gives: images by number, undecoded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["Collection", "Pixels", "Raw", "UnreadableImage", "most_bytes"]

Pixels = NDArray[np.uint8]
Raw = Path | bytes | Pixels
"""A file, the content of one, or pixels ``[H, W, C]`` of an array."""


class UnreadableImage(Exception):
    """One image cannot be used; the message is the reason, for the report."""


@dataclass
class Collection:
    """Images of a source, by number.

    Attributes:
        names: A name for each: its path below the source with forward slashes, or its number.
        read: Returns one of them; quickest in ascending order. May raise UnreadableImage.
        labels: The label of each, where the source itself has labels.
        ignored: How many other files lie there, by ending.
    """

    names: Sequence[str]
    read: Callable[[int], Raw]
    labels: Sequence[str] | None = None
    ignored: Counter[str] = field(default_factory=Counter)

    def part(self, places: Sequence[int]) -> Collection:
        """Return some of the images."""
        return Collection(
            [self.names[place] for place in places],
            lambda number: self.read(places[number]),
            self.labels and [self.labels[place] for place in places],
            self.ignored,
        )


def most_bytes(max_pixels: int) -> int:
    """Return a size of a file that no image of so many pixels needs, not even uncompressed."""
    return 16 * max_pixels + 2**20
