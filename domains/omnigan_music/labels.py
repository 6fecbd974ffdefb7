"""Labels of pieces: their folder, a CSV file, or an estimate of their mode."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from omnigan.datasets.label_table import look_up_labels, read_label_table, table_path
from omnigan_music.config import MusicData
from omnigan_music.raw import RawPiece

__all__ = ["labels_of", "mode_of"]

TOP = "other"
"""Label ``folder`` of files that lie directly in the source folder."""

# Krumhansl & Kessler (1982), "Tracing the dynamic changes in perceived tonal organization in a
# spatial representation of musical keys": how well each pitch class fits, from the tonic up.
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


def labels_of(data: MusicData, raw: Sequence[RawPiece], told: list[str]) -> list[str | None]:
    """Return the label of each piece, None where it has none.

    Args:
        data: The config.
        raw: The pieces.
        told: Takes what should be known about a table of labels.

    Raises:
        UserError: ``data.labels`` is neither a known word nor a CSV file, or the file is wrong.
    """
    if data.labels == "none":
        return [None] * len(raw)
    if data.labels == "folder":
        return [_folder(piece.name) for piece in raw]
    if data.labels == "mode":
        return [mode_of(piece) for piece in raw]
    path = table_path(data.labels, Path(data.source).expanduser())
    table = read_label_table(path, data.label_column, ("none", "folder", "mode"))
    return look_up_labels(table, [piece.name for piece in raw], path, "a piece", told)


def _folder(name: str) -> str:
    parts = PurePosixPath(name).parts
    return parts[0] if len(parts) > 1 else TOP


def mode_of(piece: RawPiece) -> str | None:
    """Estimate ``major`` or ``minor``; None when there are no melodic notes.

    Krumhansl's method (1990, "Cognitive Foundations of Musical Pitch"): correlate how long each
    pitch class sounds with the profiles of the 24 keys, and take the best.
    """
    lengths = np.zeros(12)
    for part in piece.instruments:
        if not part.is_drum:
            np.add.at(lengths, part.pitch % 12, part.end - part.start)
    if not lengths.any():
        return None
    best = {
        mode: max(_correlation(lengths, np.roll(profile, tonic)) for tonic in range(12))
        for mode, profile in (("major", _MAJOR), ("minor", _MINOR))
    }
    return "major" if best["major"] >= best["minor"] else "minor"


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale else 0.0
