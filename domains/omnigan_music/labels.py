"""Labels of pieces: their folder, a CSV file, or an estimate of their mode."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from omnigan.errors import UserError, did_you_mean
from omnigan_music.config import MusicData
from omnigan_music.raw import RawPiece

__all__ = ["labels_of", "mode_of"]

TOP = "other"
"""Label ``folder`` of files that lie directly in the source folder."""

# Krumhansl & Kessler (1982), "Tracing the dynamic changes in perceived tonal organization in a
# spatial representation of musical keys": how well each pitch class fits, from the tonic up.
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


def labels_of(data: MusicData, raw: Sequence[RawPiece]) -> list[str | None]:
    """Return the label of each piece, None where it has none.

    Raises:
        UserError: ``data.labels`` is neither a known word nor a CSV file, or the file is wrong.
    """
    if data.labels == "none":
        return [None] * len(raw)
    if data.labels == "folder":
        return [_folder(piece.name) for piece in raw]
    if data.labels == "mode":
        return [mode_of(piece) for piece in raw]
    return _from_csv(Path(data.labels).expanduser(), data.label_column, raw)


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


def _from_csv(path: Path, column: str, raw: Sequence[RawPiece]) -> list[str | None]:
    table = _table(path, column)
    labels = [_looked_up(table, PurePosixPath(piece.name)) for piece in raw]
    if not any(labels):
        example = raw[0].name if raw else ""
        raise UserError(
            f"data.labels: no name in column 'file' of {path} is that of a piece; write paths "
            f"below data.source such as '{example}', or names without ending"
        )
    return labels


def _looked_up(table: Mapping[str, str], name: PurePosixPath) -> str | None:
    return table.get(str(name)) or table.get(name.name) or table.get(name.stem)


def _table(path: Path, column: str) -> dict[str, str]:
    """Return labels by the name in column ``file``."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        hint = did_you_mean(path, ["none", "folder", "mode"])
        raise UserError(
            f"data.labels: cannot read '{path}' ({error.strerror or error}).{hint} "
            "It must be 'none', 'folder', 'mode' or the path of a CSV file"
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(f"data.labels: '{path}' is not UTF-8 text; save it as UTF-8") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        header, rows = list(reader.fieldnames or []), [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise UserError(f"data.labels: {path}, line {reader.line_num}: {error}") from error
    for wanted, key in (("file", "data.labels"), (column, "data.label_column")):
        if wanted not in header:
            raise UserError(
                f"{key}: {path}, line 1: there is no column '{wanted}', only "
                f"{', '.join(header) or 'an empty line'}.{did_you_mean(wanted, header)}"
            )
    table: dict[str, str] = {}
    for line, row in rows:
        name, label = (row["file"] or "").strip(), (row[column] or "").strip()
        if not name or not label:
            missing = "file" if not name else column
            raise UserError(f"data.labels: {path}, line {line}: '{missing}' is empty")
        name = name.replace("\\", "/")
        if table.setdefault(name, label) != label:
            raise UserError(
                f"data.labels: {path}, line {line}: '{name}' has two labels, "
                f"'{table[name]}' and '{label}'"
            )
    return table
