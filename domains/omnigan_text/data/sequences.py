"""Many sequences of numbers, one after the other in one array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

__all__ = ["Places", "Sequences"]

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Sequences:
    """Sequences of different lengths.

    Attributes:
        symbols: ``[M]`` int32, all of them.
        starts: ``[N + 1]`` int64, where each begins; the last one is M.
    """

    symbols: NDArray[np.int32]
    starts: Places

    @staticmethod
    def of(chunks: Iterable[Sequence[Sequence[int]]]) -> Sequences:
        """Join chunks of sequences."""
        parts: list[NDArray[np.int32]] = []
        lengths: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
        for chunk in chunks:
            lengths.append(np.fromiter(map(len, chunk), np.int64, len(chunk)))
            count = int(lengths[-1].sum())
            parts.append(np.fromiter(chain.from_iterable(chunk), np.int32, count))
        symbols = np.concatenate([np.zeros(0, np.int32), *parts])
        return Sequences(symbols, np.concatenate(lengths).cumsum())

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> Places:
        """``[N]``, how long each is."""
        return np.diff(self.starts)

    def taken(self, rows: Places) -> Sequences:
        """Return some of them, in the order of ``rows``."""
        lengths = self.lengths[rows]
        starts = np.concatenate([np.zeros(1, np.int64), lengths.cumsum()])
        places = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], lengths)
        return Sequences(self.symbols[places], starts)

    def cut(self, most: int) -> Sequences:
        """Return the first ``most`` symbols of each."""
        kept = np.minimum(self.lengths, most)
        inside = np.arange(len(self.symbols)) - np.repeat(self.starts[:-1], self.lengths)
        starts = np.concatenate([np.zeros(1, np.int64), kept.cumsum()])
        return Sequences(self.symbols[inside < most], starts)

    def only(self, where: NDArray[np.bool_]) -> Sequences:
        """Return those marked in ``where`` ``[N]``."""
        starts = np.concatenate([np.zeros(1, np.int64), self.lengths[where].cumsum()])
        return Sequences(self.symbols[np.repeat(where, self.lengths)], starts)

    def having(self, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which sequences ``[N]`` have a symbol that is marked in ``where`` ``[M]``."""
        owners = np.searchsorted(self.starts, np.flatnonzero(where), side="right") - 1
        found = np.zeros(len(self), np.bool_)
        found[owners] = True
        return found

    def padded(self, length: int, fill: int = 0) -> NDArray[np.int32]:
        """Return them as rows ``[N, length]``; none may be longer."""
        rows = np.full((len(self), length), fill, np.int32)
        rows[np.arange(length) < self.lengths[:, None]] = self.symbols
        return rows
