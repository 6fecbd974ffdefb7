"""Collects what is known of the sounds of a source while they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omnigan.datasets.copies import MOST_ALIKE, Groups, Rows, copies_among
from omnigan_audio.data.decode import Head, Unusable
from omnigan_audio.data.facts import Facts
from omnigan_audio.data.near_copies import nearly_equal

__all__ = ["MOST_COMPARED", "Outcome", "Sound", "Tally"]

MOST_COMPARED = 100_000
"""Among more clips only equal ones are found."""


@dataclass(frozen=True)
class Sound:
    """One sound whose samples have been written.

    Attributes:
        head: Of its file.
        scale: What a stored number is worth.
        peak: Its largest sample, 1 being full scale.
        rms: Root of its mean power.
        digest: Hash of the stored samples.
        channel: The one that was taken; None: the mean of all.
        before: How many samples were written before it that are of no use.
        sketch: What :func:`omnigan_audio.data.near_copies.sketch` returned for a clip.
    """

    head: Head
    scale: float
    peak: float
    rms: float
    digest: bytes
    sketch: NDArray[np.float32] | None = None
    channel: int | None = None
    before: int = 0


Outcome = Sound | Unusable | OSError


class Tally:
    """Collects what became of the sounds of a source.

    Args:
        names: Name of each.
        most_alike: Share of the sounds; if more are alike, they are not copies of each other.
    """

    def __init__(self, names: Sequence[str], most_alike: float = MOST_ALIKE) -> None:
        count = len(names)
        whole = {name: np.zeros(count, np.int64) for name in ("first", "samples", "rates", "taken")}
        real = {name: np.zeros(count) for name in ("scale", "peak", "rms", "seconds")}
        channels, digests = np.zeros(count, np.int64), np.zeros((count, 16), np.uint8)
        self._arrays: dict[str, Any] = {**whole, **real, "channels": channels, "digests": digests}
        self._names = names
        self._most_alike = most_alike
        self._reasons: dict[int, str] = {}
        self._kinds: Counter[str] = Counter()
        self._sketches: list[NDArray[np.float32]] = []
        self._lasting = True

    def add(self, number: int, outcome: Outcome, first: int, samples: int) -> None:
        """Note what became of the next sound, whose samples lie at a place in the cache."""
        if isinstance(outcome, Sound):
            self._add_sound(number, outcome, first, samples)
        elif isinstance(outcome, OSError):
            self._reasons[number] = f"it cannot be opened: {outcome.strerror or outcome}"
            self._lasting = False  # it may open next time
        else:
            self._reasons[number] = str(outcome)

    def _add_sound(self, number: int, sound: Sound, first: int, samples: int) -> None:
        values = {
            "first": first + sound.before,
            "samples": samples - sound.before,
            "rates": sound.head.rate,
            "scale": sound.scale,
            "peak": sound.peak,
            "rms": sound.rms,
            "seconds": sound.head.seconds,
            "channels": sound.head.channels,
            "taken": -1 if sound.channel is None else sound.channel,
            "digests": np.frombuffer(sound.digest, np.uint8),
        }
        for name, value in values.items():
            self._arrays[name][number] = value
        self._kinds[sound.head.kind] += 1
        if sound.sketch is not None and len(self._names) <= MOST_COMPARED:
            self._sketches.append(sound.sketch)

    def facts(self) -> Facts:
        """Return everything, with groups of equal and of nearly equal sounds."""
        rows = [number for number in range(len(self._names)) if number not in self._reasons]
        copies = copies_among(
            self._arrays["digests"], np.array(rows, np.int64), self._nearly, self._most_alike
        )
        too_many = int(copies.alike is None and bool(self._sketches))
        return Facts(
            self._names,
            self._reasons,
            **self._arrays,
            groups=copies.groups,
            counts={"kinds": self._kinds, "duplicates": Counter({"too many alike": too_many})},
            lasting=self._lasting,
        )

    def _nearly(self, firsts: Rows, most: int) -> Groups | None:
        if not self._sketches:
            return None
        return nearly_equal([self._sketches[first] for first in firsts], most)
