"""Labels of sounds: their folder, a CSV file, or what the SoundFont calls them."""

from __future__ import annotations

from collections.abc import Sequence

from omnigan.datasets.label_table import look_up_labels, read_label_table
from omnigan.datasets.labels import folder_labels
from omnigan.errors import UserError
from omnigan.paths import user_path
from omnigan_audio.data.sources import Found
from omnigan_audio.data_config import AudioData

__all__ = ["WORDS", "labels_of"]

WORDS = ("none", "folder", "auto")
"""What ``data.labels`` may say; all else is the path of a CSV file."""


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
    if data.labels == "auto":
        if not found.notes:
            raise UserError(
                f"data.labels: sounds in '{data.source}' bring no labels of their own; write "
                "'folder' for the names of their folders, 'none', or the path of a CSV file"
            )
        return [note.label for note in found.notes]
    if found.notes:
        raise UserError(
            "data.labels: the sounds of 'soundfont' are no files; write 'auto' for families of "
            "instruments and classes of drums, or 'none'"
        )
    if data.labels == "folder":
        return folder_labels(found.names)
    path = user_path(data.labels, "data.labels")
    table = read_label_table(path, data.label_column, WORDS)
    return look_up_labels(table, found.names, path, "a sound", told)
