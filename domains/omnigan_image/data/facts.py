"""What is known of each image beside its pixels, and how that is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from omnigan.datasets.rows import pack, unpack

__all__ = ["Facts", "pack_facts", "unpack_facts"]


@dataclass(frozen=True)
class Facts:
    """About the images of a source, in the order of their rows.

    Attributes:
        names: Name of each.
        reasons: Why an image could not be used, by row.
        sizes: ``[N, 2]`` int32, height and width before fitting; 0 for those not used.
        digests: ``[N, 16]`` uint8, a hash of the fitted pixels.
        groups: ``[N]`` int64, the lowest row that has the same or nearly the same pixels.
        labels: The source's own label of each, where it has labels.
        counts: How many images are of a kind, have a trait, or are duplicates.
        ignored: Other files of the source, by ending.
        maker: What decoded and resized them, with its version.
        lasting: False if a file could not be opened, which may be otherwise the next time.
    """

    names: Sequence[str]
    reasons: dict[int, str]
    sizes: NDArray[np.int32]
    digests: NDArray[np.uint8]
    groups: NDArray[np.int64]
    labels: Sequence[str] | None
    counts: dict[str, Counter[str]]
    ignored: Counter[str]
    maker: str
    lasting: bool = True

    def rows(self) -> list[int]:
        """Return the rows of images that can be used."""
        return [row for row in range(len(self.names)) if row not in self.reasons]


def pack_facts(facts: Facts) -> bytes:
    """Return facts as bytes."""
    words = {
        "names": list(facts.names),
        "reasons": list(facts.reasons.items()),
        "labels": facts.labels and list(facts.labels),
        "counts": facts.counts,
        "ignored": facts.ignored,
        "maker": facts.maker,
    }
    return pack(words, {"sizes": facts.sizes, "digests": facts.digests, "groups": facts.groups})


def unpack_facts(content: bytes) -> Facts:
    """Invert :func:`pack_facts`.

    Raises:
        ValueError: The bytes are not what it returned.
    """
    words, arrays = unpack(content)
    try:
        return Facts(
            words["names"],
            dict(words["reasons"]),
            arrays["sizes"],
            arrays["digests"],
            arrays["groups"],
            words["labels"],
            {name: Counter(counts) for name, counts in words["counts"].items()},
            Counter(words["ignored"]),
            words["maker"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not facts about images: {error}") from error
