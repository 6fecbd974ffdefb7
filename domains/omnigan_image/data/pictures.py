"""A set of images as examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from omnigan.domain import Batch
from omnigan_image.data.collection import Pixels
from omnigan_image.data.store import map_pixels

__all__ = ["Pictures", "to_tensor"]


class Pictures:
    """A :class:`omnigan.domain.Source` of images ``[C, H, W]`` in [-1, 1].

    To keep a small set on a device, copy ``pixels[rows]`` there and convert it like
    :func:`to_tensor`; example number ``i`` is row ``rows[i]`` of ``pixels``.

    Attributes:
        pixels: ``[N, C, H, W]`` uint8, all images of the source, mapped from a file if there is
            one: read-only.
        rows: ``[len(self)]`` int64, which of them belong to this set.
        labels: ``[len(self)]`` int64, or None.
        mirror: Each reading flips the image left to right with a chance of one half.
    """

    def __init__(
        self,
        pixels: Pixels,
        file: Path | None,
        rows: NDArray[np.int64],
        labels: NDArray[np.int64] | None,
        mirror: bool,
    ) -> None:
        self.pixels = pixels
        self.rows = rows
        self.labels = labels
        self.mirror = mirror
        self._file = file

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        """Return one image; whether it is mirrored draws from ``rng``."""
        x = to_tensor(self.pixels[self.rows[index]])
        if self.mirror and bool(torch.rand((), generator=rng) < 0.5):
            x = x.flip(-1)
        cond = {} if self.labels is None else {"label": torch.tensor(int(self.labels[index]))}
        return Batch(x, cond)

    def __getstate__(self) -> dict[str, Any]:
        """Send the name of the file to a loader process, not its content."""
        return {**self.__dict__, **({} if self._file is None else {"pixels": None})}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._file is not None:
            self.pixels = map_pixels(self._file)


def to_tensor(pixels: Pixels) -> Tensor:
    """Return float32 in [-1, 1] of bytes of any shape; 0 is -1 and 255 is 1 exactly."""
    return torch.from_numpy(pixels.astype(np.float32)).div_(127.5).sub_(1)
