"""Examples that fit into memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from omnigan.values import Batch

__all__ = ["TensorSource"]

SMALL = 1 << 29
"""Bytes of examples that may be kept on the device."""


class TensorSource:
    """A source of examples that are all in memory, read a batch at a time and never changed.

    Args:
        x: ``[N, *space.shape]`` float32.
        cond: Conditions ``[N, ...]`` by name.
    """

    def __init__(self, x: Tensor, cond: Mapping[str, Tensor] | None = None) -> None:
        self.x = x
        self.cond = dict(cond or {})

    def __len__(self) -> int:
        return len(self.x)

    def read(self, index: int, rng: torch.Generator) -> Batch:
        """Return one example, without a batch axis."""
        return Batch(self.x[index], {name: value[index] for name, value in self.cond.items()})

    def read_batch(self, indices: Sequence[int], rng: torch.Generator) -> Batch:
        """Return examples ``[len(indices), ...]``."""
        rows = torch.as_tensor(indices, device=self.x.device)
        return Batch(self.x[rows], {name: value[rows] for name, value in self.cond.items()})

    def resident(self, device: torch.device) -> TensorSource:
        """Return this source with its examples on a device, if they are few enough."""
        if self.x.nbytes > SMALL:
            return self
        moved = Batch(self.x, self.cond).to(device)
        return TensorSource(moved.x, moved.cond)
