"""Labels of sounds: their folder, a CSV file, or what the SoundFont calls them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from omnigan.datasets.label_table import (
    TABLE,
    look_up_labels,
    own_table,
    read_label_table,
    table_path,
)
from omnigan.datasets.labels import folder_labels
from omnigan.errors import UserError
from omnigan_audio.data.sources import Found
from omnigan_audio.data_config import AudioData

__all__ = ["WORDS", "labels_of", "table_of"]

WORDS = ("none", "folder", "auto")
"""What ``data.labels`` may say; all else is the path of a CSV file."""


def table_of(data: AudioData, found: Found) -> Path | None:
    """Return the table of labels that is meant, None where labels come from elsewhere.

    Raises:
        UserError: ``data.labels`` can be no path.
    """
    if data.labels == "auto" and not found.notes:
        return own_table(found.path)
    return None if data.labels in WORDS else table_path(data.labels, found.path)


def labels_of(data: AudioData, found: Found, told: list[str]) -> Sequence[str | None]:
    """Return the label of each sound, None where it has none.

    Args:
        data: The config.
        found: The source.
        told: Takes what should be known about a table of labels.

    Raises:
        UserError: ``data.labels`` is neither a known word nor a CSV file, or does not suit.
    """
    if data.labels == "none":
        return [None] * len(found.names)
    if data.labels == "auto" and found.notes:
        return [note.label for note in found.notes]
    if found.notes:
        raise UserError(
            "data.labels: the sounds of 'soundfont' are no files; write 'auto' for families of "
            "instruments and classes of drums, or 'none'"
        )
    if data.labels == "folder":
        return folder_labels(found.names)
    path = table_of(data, found)
    if path is None:
        raise UserError(
            f"data.labels: sounds in '{data.source}' bring no labels of their own; write 'folder' "
            f"for the names of their folders, 'none', or the path of a CSV file, which may lie "
            f"there as {TABLE}"
        )
    table = read_label_table(path, data.label_column, WORDS)
    return look_up_labels(table, found.names, path, "a sound", told)
