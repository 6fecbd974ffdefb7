"""A set of images as examples."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from omnigan.datasets.rows import map_rows, state_to_send
from omnigan.domain import Batch
from omnigan_image.data.collection import Pixels

__all__ = ["Pictures", "to_tensor"]


SMALL = 1 << 29
"""Sets of up to so many bytes are kept on the device that trains."""


class Pictures:
    """A :class:`omnigan.domain.BatchSource` of images ``[C, H, W]`` in [-1, 1].

    Example number ``i`` is row ``rows[i]`` of ``pixels``.

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
        self._held: Batch | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        """Return one image; whether it is mirrored draws from ``rng``."""
        x = to_tensor(self.pixels[self.rows[index]])
        if self.mirror and bool(torch.rand((), generator=rng) < 0.5):
            x = x.flip(-1)
        cond = {} if self.labels is None else {"label": torch.tensor(int(self.labels[index]))}
        return Batch(x, cond)

    def read_batch(self, indices: Sequence[int], rng: torch.Generator) -> Batch:
        """Return images ``[B, C, H, W]``; which are mirrored draws from ``rng``."""
        chosen = torch.tensor(indices)
        if self._held is None:
            x = to_tensor(self.pixels[self.rows[indices]])
            held = Batch(x, {} if self.labels is None else {"label": torch.from_numpy(self.labels)})
        else:
            held = self._held
            x = held.x[chosen.to(held.x.device)].float().div_(127.5).sub_(1)
        if self.mirror:
            flipped = (torch.rand(len(x), generator=rng) < 0.5).to(x.device).view(-1, 1, 1, 1)
            x = torch.where(flipped, x.flip(-1), x)
        return Batch(x, {name: v[chosen.to(v.device)] for name, v in held.cond.items()})

    def resident(self, device: torch.device) -> Pictures:
        """Return the same images, as bytes on the device if they are few enough."""
        if self.pixels[:1].nbytes * len(self) > SMALL:
            return self
        kept = copy.copy(self)
        cond = {} if self.labels is None else {"label": torch.from_numpy(self.labels).to(device)}
        kept._held = Batch(torch.from_numpy(self.pixels[self.rows]).to(device), cond)
        return kept

    def __getstate__(self) -> dict[str, Any]:
        """Send the name of the file to a loader process, not its content."""
        return state_to_send(self.__dict__, "pixels")

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._file is not None:
            self.pixels = map_rows(self._file)


def to_tensor(pixels: Pixels) -> Tensor:
    """Return float32 in [-1, 1] of bytes of any shape; 0 is -1 and 255 is 1 exactly."""
    return torch.from_numpy(pixels.astype(np.float32)).div_(127.5).sub_(1)
