"""Inputs of a generator: tensors by name, each with a row for every example."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from omnigan.domain import Conditions

__all__ = ["at_rows", "joined"]


def at_rows(inputs: Conditions, rows: Tensor | slice) -> dict[str, Tensor]:
    """Return the inputs of some of the examples."""
    return {name: value[rows] for name, value in inputs.items()}


def joined(parts: Sequence[Conditions]) -> dict[str, Tensor]:
    """Return the inputs of the examples of all parts, of which there is one at least."""
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
