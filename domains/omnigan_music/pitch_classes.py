"""From pitches to pitch classes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from omnigan_music.grid import Grid

__all__ = ["PITCH_CLASSES", "folding"]

PITCH_CLASSES = 12


def folding(grid: Grid) -> Tensor:
    """Return the matrix ``[pitches, 12]`` that takes a roll to pitch classes, C first."""
    classes = torch.arange(grid.low, grid.high + 1) % PITCH_CLASSES
    return functional.one_hot(classes, PITCH_CLASSES).float()
