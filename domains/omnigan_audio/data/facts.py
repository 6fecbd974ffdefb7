"""What is known of each sound beside its samples, and how that is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omnigan.datasets.rows import pack, unpack

__all__ = ["Facts", "pack_facts", "unpack_facts"]

_ARRAYS = (
    "first",
    "samples",
    "scale",
    "peak",
    "rms",
    "rates",
    "channels",
    "taken",
    "seconds",
    "digests",
)


@dataclass(frozen=True)
class Facts:
    """About the sounds of a source, in their order.

    Attributes:
        names: Name of each.
        reasons: Why a sound could not be used, by number.
        first: ``[N]`` int64, the place of its first sample in the cache.
        samples: ``[N]`` int64, how many it has there; 0 for those not used.
        scale: ``[N]`` float64, what a stored number is worth.
        peak: ``[N]`` float64, its largest sample, 1 being full scale.
        rms: ``[N]`` float64, the root of its mean power, without zeros that were added.
        rates: ``[N]`` int64, its rate before resampling, in Hz; 0 for those not used.
        channels: ``[N]`` int64, how many channels it has.
        taken: ``[N]`` int64, the channel that was taken, since the mean is silent; -1: the mean.
        seconds: ``[N]`` float64, length of the whole file.
        digests: ``[N, 16]`` uint8, a hash of the stored samples.
        groups: ``[N]`` int64, the lowest number of a sound that is the same or nearly the same.
        counts: How many sounds are of a kind, and whether too many are alike.
        lasting: False if a file could not be opened, which may be otherwise the next time.
    """

    names: Sequence[str]
    reasons: dict[int, str]
    first: NDArray[np.int64]
    samples: NDArray[np.int64]
    scale: NDArray[np.float64]
    peak: NDArray[np.float64]
    rms: NDArray[np.float64]
    rates: NDArray[np.int64]
    channels: NDArray[np.int64]
    taken: NDArray[np.int64]
    seconds: NDArray[np.float64]
    digests: NDArray[np.uint8]
    groups: NDArray[np.int64]
    counts: dict[str, Counter[str]]
    lasting: bool = True

    def rows(self) -> NDArray[np.int64]:
        """Return the numbers of sounds that can be used."""
        return np.array([n for n in range(len(self.names)) if n not in self.reasons], np.int64)


def pack_facts(facts: Facts) -> bytes:
    """Return facts as bytes."""
    words = {
        "names": list(facts.names),
        "reasons": list(facts.reasons.items()),
        "counts": facts.counts,
    }
    arrays = {name: getattr(facts, name) for name in (*_ARRAYS, "groups")}
    return pack(words, arrays)


def unpack_facts(content: bytes) -> Facts:
    """Invert :func:`pack_facts`.

    Raises:
        ValueError: The bytes are not what it returned.
    """
    words, arrays = unpack(content)
    try:
        counts = {name: Counter(found) for name, found in words["counts"].items()}
        named: dict[str, Any] = {name: arrays[name] for name in (*_ARRAYS, "groups")}
        if any(len(values) != len(words["names"]) for values in named.values()):
            raise ValueError("not facts about sounds: their numbers differ")
        return Facts(words["names"], dict(words["reasons"]), counts=counts, **named)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not facts about sounds: {error}") from error
