"""Which channel stands for a file whose channels cancel each other out."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from omnigan_audio.data.loudness import level
from omnigan_audio.data_config import SILENCE

__all__ = ["Levels"]

# Not the recipe's: another level of silence should not have all files decoded anew.
_SILENT = level(SILENCE)


class Levels:
    """How loud each channel of a file and their mean are, in what has been read of it.

    Args:
        channels: How many there are.
    """

    def __init__(self, channels: int) -> None:
        self._peak = np.zeros(channels + 1)  # the mean is the last
        self._power = np.zeros(channels + 1)
        self._count = 0

    def add(self, frames: Tensor, mean: Tensor) -> None:
        """Take note of frames ``[n, C]`` and of their mean ``[n]``."""
        both = torch.cat((frames, mean[:, None]), 1)
        self._peak = np.maximum(self._peak, both.abs().amax(0).numpy())
        self._power += both.double().square().sum(0).numpy()
        self._count += len(both)

    def cancelled(self, by_power: bool) -> int | None:
        """Return the number of the loudest channel where that is heard and the mean is not.

        Such are the channels of a microphone or cable with a pole swapped: one is the other upside
        down. Of channels that are equally loud it is the first.

        Args:
            by_power: Whether a level is the root of the mean power, or the highest sample.
        """
        if not self._count:
            return None
        loud = np.sqrt(self._power / self._count) if by_power else self._peak
        loudest = int(loud[:-1].argmax())
        return loudest if loud[-1] < _SILENT <= loud[loudest] else None
