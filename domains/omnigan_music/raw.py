"""Music as it is read, before any grid: notes in quarter notes and time signatures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MAX_BARS",
    "BarRun",
    "RawInstrument",
    "RawPiece",
    "UnreadablePiece",
    "bar_runs",
    "melodic_indices",
]

MAX_BARS = 20_000
"""Longer pieces are refused: a damaged file can claim a note that is years away."""

_MAX_QUARTERS = 4 * MAX_BARS

_TOLERANCE = 1e-3  # quarter notes; far below any grid step, far above rounding of positions


class UnreadablePiece(Exception):
    """One file cannot be used; the message says why. The other files go on."""


@dataclass(frozen=True)
class RawInstrument:
    """One instrument of a piece, its notes ordered by start.

    Attributes:
        name: Name in the file; may be empty.
        program: General MIDI program, 0 to 127.
        is_drum: On the drum channel.
        start: ``[N]`` float64, quarter notes from the beginning of the file.
        end: ``[N]`` float64, above ``start``.
        pitch: ``[N]`` int16, MIDI pitch.
        velocity: ``[N]`` int16, 1 to 127.
    """

    name: str
    program: int
    is_drum: bool
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    pitch: NDArray[np.int16]
    velocity: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.start)

    @classmethod
    def of(
        cls,
        name: str,
        program: int,
        is_drum: bool,
        notes: Iterable[tuple[float, float, int, int]],
    ) -> RawInstrument:
        """Return an instrument from ``(start, end, pitch, velocity)`` rows in any order."""
        rows = sorted(notes)
        table = np.array(rows, np.float64).reshape(-1, 4)
        start, end, pitch, velocity = table.T.copy()
        return cls(
            name, program, is_drum, start, end, pitch.astype(np.int16), velocity.astype(np.int16)
        )


@dataclass(frozen=True)
class RawPiece:
    """One piece of music as it is read.

    Attributes:
        name: Path below the source, with forward slashes; unique in a corpus.
        instruments: Every instrument of the file, in file order; some may be empty.
        meters: ``(quarter position, numerator, denominator)`` by position, the first at 0.
        tempo: Median tempo in quarter notes per minute, weighted by how long it lasts.
        counts: What was odd, by name; see :mod:`omnigan_music.midi`.
    """

    name: str
    instruments: tuple[RawInstrument, ...]
    meters: tuple[tuple[float, int, int], ...] = ((0.0, 4, 4),)
    tempo: float = 120.0
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def end(self) -> float:
        """End of the last note in quarter notes."""
        return max((float(part.end.max()) for part in self.instruments if len(part)), default=0.0)


@dataclass(frozen=True)
class BarRun:
    """Consecutive bars of one time signature, the first at quarter position ``start``."""

    start: float
    numerator: int
    denominator: int
    bars: int

    @property
    def bar(self) -> float:
        """Length of one bar in quarter notes."""
        return 4 * self.numerator / self.denominator

    @property
    def meter(self) -> str:
        return f"{self.numerator}/{self.denominator}"


def bar_runs(piece: RawPiece) -> list[BarRun]:
    """Return the bars of a piece as runs of equal time signature.

    A bar that the next time signature cuts short is not a bar of its run; it becomes one of its
    own whose time signature says its real length, as far as that can be written.

    Raises:
        UnreadablePiece: The piece has more than :data:`MAX_BARS` bars, or is as long as so many
            bars of 4/4.
    """
    if max(piece.end, piece.meters[-1][0]) > _MAX_QUARTERS:
        raise UnreadablePiece(f"it is longer than {MAX_BARS} bars of 4/4")
    ends = [position for position, _, _ in piece.meters[1:]]
    ends.append(max(piece.end, piece.meters[-1][0]))
    runs: list[BarRun] = []
    for index, (start, numerator, denominator) in enumerate(piece.meters):
        length = ends[index] - start
        bar = 4 * numerator / denominator
        is_last = index == len(ends) - 1
        whole = np.ceil(length / bar - _TOLERANCE) if is_last else length / bar + _TOLERANCE
        bars = int(whole)
        if bars:
            runs.append(BarRun(start, numerator, denominator, bars))
        rest = length - bars * bar
        if rest > _TOLERANCE:
            runs.append(BarRun(start + bars * bar, *_fraction(rest), 1))
    if sum(run.bars for run in runs) > MAX_BARS:
        raise UnreadablePiece(f"it is more than {MAX_BARS} bars long")
    return runs


def _fraction(quarters: float) -> tuple[int, int]:
    """Return the time signature of a bar of so many quarter notes, to the nearest 64th."""
    numerator, denominator = max(1, round(quarters * 16)), 64
    while numerator % 2 == 0 and denominator > 4:
        numerator, denominator = numerator // 2, denominator // 2
    return numerator, denominator


def melodic_indices(piece: RawPiece) -> list[int | None]:
    """Return for each instrument its number among the non-empty melodic ones, else None."""
    indices: list[int | None] = []
    count = 0
    for part in piece.instruments:
        if part.is_drum or not len(part):
            indices.append(None)
        else:
            indices.append(count)
            count += 1
    return indices
