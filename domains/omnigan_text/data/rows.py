"""A set of texts as examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from omnigan.datasets.rows import map_rows, state_to_send
from omnigan.domain import Batch

__all__ = ["ResidentRows", "Rows"]

SMALL = 1 << 29
"""Sets of up to so many bytes are kept on the device that trains."""


class Rows:
    """A :class:`omnigan.domain.BatchSource` of symbols ``[T]``, float32.

    Args:
        rows: ``[N, T]`` whole numbers of any type, mapped from a file if there is one: read-only.
        file: That file.
        part: Which rows belong to this set.
        labels: ``[N]`` int64; None if unconditional.
    """

    def __init__(
        self, rows: NDArray[Any], file: Path | None, part: slice, labels: NDArray[np.int64] | None
    ) -> None:
        self._rows = rows[part]
        self._file = file
        self._part = part
        self._labels = None if labels is None else torch.from_numpy(labels[part].copy())

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        """Return one text; nothing is drawn."""
        return _first(self.read_batch([index], rng))

    def read_batch(self, indices: Sequence[int], rng: torch.Generator) -> Batch:
        """Return texts ``[B, T]``; nothing is drawn."""
        x = torch.from_numpy(self._rows[np.asarray(indices, np.int64)].astype(np.float32))
        return Batch(x, _conditions(self._labels, torch.tensor(indices)))

    def resident(self, device: torch.device) -> Rows | ResidentRows:
        """Return the same set, kept on the device if it is small enough."""
        if 4 * self._rows.size > SMALL:
            return self
        x = torch.from_numpy(self._rows.astype(np.int32)).to(device)
        return ResidentRows(x, None if self._labels is None else self._labels.to(device))

    def __getstate__(self) -> dict[str, Any]:
        """Send the name of the file to a loader process, not its content."""
        return state_to_send(self.__dict__, "_rows")

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._file is not None:
            self._rows = map_rows(self._file)[self._part]


class ResidentRows:
    """The same on a device.

    Args:
        x: ``[N, T]`` whole numbers of any type.
        labels: ``[N]`` int64; None if unconditional.
    """

    def __init__(self, x: Tensor, labels: Tensor | None) -> None:
        self._x = x
        self._labels = labels

    def __len__(self) -> int:
        return len(self._x)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        """Return one text; nothing is drawn."""
        return _first(self.read_batch([index], rng))

    def read_batch(self, indices: Sequence[int], rng: torch.Generator) -> Batch:
        """Return texts ``[B, T]``; nothing is drawn."""
        chosen = torch.tensor(indices, device=self._x.device)
        return Batch(self._x[chosen].float(), _conditions(self._labels, chosen))

    def resident(self, device: torch.device) -> ResidentRows:
        """Return the same set on a device."""
        labels = None if self._labels is None else self._labels.to(device)
        return ResidentRows(self._x.to(device), labels)


def _conditions(labels: Tensor | None, chosen: Tensor) -> dict[str, Tensor]:
    return {} if labels is None else {"label": labels[chosen]}


def _first(batch: Batch) -> Batch:
    return Batch(batch.x[0], {name: values[0] for name, values in batch.cond.items()})
