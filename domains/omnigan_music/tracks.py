"""Which instrument of a file belongs to which track of the model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from omnigan_music.config import Track
from omnigan_music.families import FAMILIES
from omnigan_music.raw import RawInstrument, RawPiece, melodic_indices

__all__ = ["assign", "gathered", "selects", "untaken"]


def selects(track: Track, part: RawInstrument, index: int | None) -> bool:
    """Say whether a track takes an instrument; every criterion that it gives must hold.

    Args:
        track: A track of the model.
        part: An instrument of a file.
        index: Its number among the non-empty melodic instruments; None for drums.
    """
    if track.drums != part.is_drum:
        return False
    if track.index is not None and track.index != index:
        return False
    if track.programs is not None and part.program not in track.programs:
        return False
    return track.pattern is None or bool(re.search(track.pattern, part.name, re.IGNORECASE))


def assign(tracks: Sequence[Track], piece: RawPiece) -> list[int | None]:
    """Return for each instrument the number of the first track that selects it."""
    chosen: list[int | None] = []
    for part, index in zip(piece.instruments, melodic_indices(piece), strict=True):
        takers = (number for number, track in enumerate(tracks) if selects(track, part, index))
        chosen.append(next(takers, None))
    return chosen


def gathered(
    tracks: Sequence[Track], piece: RawPiece
) -> tuple[NDArray[np.float64], NDArray[np.int64], int]:
    """Return all notes that the tracks take.

    Returns:
        ``[N, 2]`` starts and ends in quarter notes; ``[N, 2]`` track and pitch; and the number of
        notes that no track takes.
    """
    times = [np.zeros((0, 2))]
    values = [np.zeros((0, 2), np.int64)]
    left = 0
    for part, track in zip(piece.instruments, assign(tracks, piece), strict=True):
        if track is None:
            left += len(part)
            continue
        times.append(np.stack([part.start, part.end], axis=1))
        values.append(np.stack([np.full(len(part), track), part.pitch], axis=1))
    return np.concatenate(times), np.concatenate(values).astype(np.int64), left


def untaken(tracks: Sequence[Track], piece: RawPiece) -> Counter[str]:
    """Return how many notes of which instruments no track takes."""
    counts: Counter[str] = Counter()
    for part, track in zip(piece.instruments, assign(tracks, piece), strict=True):
        if track is None and len(part):
            counts["drums" if part.is_drum else _program(part.program)] += len(part)
    return counts


def _program(number: int) -> str:
    return f"program {number} ({FAMILIES[number // 8]})"
