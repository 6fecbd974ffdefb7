"""What was found in the data and done with it, for people and for files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from omnigan.datasets.sentences import (
    copies,
    in_memory,
    left_out,
    other_files,
    said,
    tally,
    unreadable,
)
from omnigan.wording import named
from omnigan_image.data.facts import Facts
from omnigan_image.data.fit import Canvas
from omnigan_image.data_config import ImageData

__all__ = ["Findings"]

_MUCH = 4  # times that an image is enlarged to be named
_NAMED = 100  # unreadable files that are named; the rest is only counted
_CHANNELS = {1: "grey", 2: "grey with alpha", 3: "RGB", 4: "RGB with alpha"}
_FITS = {
    "crop": "the shorter side resized, the longer one cut",
    "pad": "the longer side resized, the shorter one padded",
    "stretch": "both sides resized",
    "keep": "cut or padded, not resized",
}


@dataclass(frozen=True)
class Findings:
    """What loading images met.

    Attributes:
        data: The config, resolved.
        facts: About every image of the source.
        train: Images to train on.
        valid: Images held out.
        labels: How many images have each label.
        unlabelled: Images left out because they have none.
        table: What should be known about a table of labels.
        in_memory: Whether the cache could not be written.
    """

    data: ImageData
    facts: Facts
    train: int
    valid: int
    labels: Counter[str]
    unlabelled: int
    table: Sequence[str]
    in_memory: bool

    def plain(self) -> dict[str, Any]:
        """Return JSON values."""
        facts, data = self.facts, self.data
        broken = self._broken()
        return {
            "summary": self.sentences(),
            "preprocessing": self._preprocessing(),
            "source": data.source,
            "size": list(data.size) if isinstance(data.size, tuple) else data.size,
            "channels": data.channels,
            "images": {"train": self.train, "valid": self.valid},
            "labels": dict(self.labels),
            "kinds": dict(facts.counts["kinds"].most_common()),
            **self._sides(),
            "files broken": len(broken),
            "broken": [f"{name}: {reason}" for name, reason in broken[:_NAMED]],
            "other files": dict(facts.ignored.most_common()),
            "images without a label": self.unlabelled,
            **{name: count for name, count in sorted(facts.counts["traits"].items()) if count},
            "duplicates": {
                name: count for name, count in facts.counts["duplicates"].items() if count
            },
        }

    def sentences(self) -> list[str]:
        """Return what a person should know before training, one plain sentence each."""
        return said(
            f"Images: {self.train} to train on, {self.valid} held out.",
            self._fitting(),
            tally("Labels", self.labels),
            left_out("without a label", self.unlabelled),
            *self.table,
            unreadable(self._broken(), "image"),
            self._much_enlarged(),
            other_files(dict(self.facts.ignored.most_common())),
            tally("Also found", dict(sorted(self.facts.counts["traits"].items()))),
            *self._duplicates(),
            in_memory(self.in_memory),
        )

    def _much_enlarged(self) -> str:
        """Name the images that were blown up most, which are hardly meant to be in the data."""
        canvas, sizes = Canvas.of(self.data), self.facts.sizes
        scales = [(canvas.scale(*sizes[row].tolist()), row) for row in self.facts.rows()]
        much = sorted((-scale, row) for scale, row in scales if scale >= _MUCH)
        files = [
            (self.facts.names[row], f"{sizes[row][0]}x{sizes[row][1]}, {-scale:.0f} times")
            for scale, row in much
        ]
        return f"Enlarged {_MUCH} times or more: {named(files, 'image')}." if files else ""

    def _broken(self) -> list[tuple[str, str]]:
        return [(self.facts.names[row], why) for row, why in sorted(self.facts.reasons.items())]

    def _sides(self) -> dict[str, dict[str, int]]:
        """Return what heights and widths there are: no image need have the extremes of both."""
        used = self.facts.sizes[self.facts.rows()]
        return {
            name: {
                "smallest": int(sides.min()),
                "median": int(np.median(sides)),
                "largest": int(sides.max()),
            }
            for name, sides in (("heights", used[:, 0]), ("widths", used[:, 1]))
        }

    def _form(self) -> str:
        height, width = self.data.size if isinstance(self.data.size, tuple) else (0, 0)
        assert isinstance(self.data.channels, int)
        return f"{height}x{width} (height x width), {_CHANNELS[self.data.channels]}"

    def _as_they_come(self) -> bool:
        used = self.facts.sizes[self.facts.rows()]
        return bool((used == np.array(self.data.size)).all())

    def _preprocessing(self) -> str:
        """Return how files became examples: scores of other pixels are other scores."""
        data = self.data
        resized = "" if data.fit == "keep" else f" with {data.filter} and antialiasing"
        if data.filter == "nearest" and resized:
            resized = " with nearest"
        how = "not resized" if self._as_they_come() else _FITS[data.fit] + resized
        mirrored = "mirrored at random, " if data.mirror else ""
        return (
            f"{self._form()}, {how}, {mirrored}background {_level(data.background)}, "
            f"{self.facts.maker}"
        )

    def _fitting(self) -> str:
        what = f"Each is {self._form()}"
        if self._as_they_come():
            return f"{what}, as it comes."
        sides = [(each["smallest"], each["largest"]) for each in self._sides().values()]
        if all(low == high for low, high in sides):
            came = "x".join(str(low) for low, _ in sides)
        else:
            came = " and ".join(map(_between, ("heights", "widths"), sides))
        how = _FITS[self.data.fit]
        return (
            f"{what}, made from {came}: {how}. Change data.size or data.fit to have it otherwise."
        )

    def _duplicates(self) -> list[str]:
        counts = self.facts.counts["duplicates"]
        found = [copies(counts["equal"], counts["alike"], "image")]
        if counts["too many alike"]:
            found.append(
                "So many images look alike that it tells nothing about copies; only exact copies "
                "are kept on one side of the split."
            )
        if counts["not compared"]:
            found.append("With so many images only exact copies are kept on one side of the split.")
        return found


def _level(background: int | tuple[int, int, int]) -> str:
    return str(background) if isinstance(background, int) else "/".join(map(str, background))


def _between(what: str, ends: tuple[int, int]) -> str:
    low, high = ends
    return f"{what} of {low}" if low == high else f"{what} between {low} and {high}"
