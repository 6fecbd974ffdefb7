"""Labels that texts have by their file, and what to write where they have none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

from omnigan.datasets.label_table import look_up_labels, read_label_table, table_path
from omnigan.datasets.labels import folder_labels
from omnigan.errors import UserError, did_you_mean
from omnigan_text.data.records import columns_of
from omnigan_text.data.sources import LABELS, Found
from omnigan_text.data_config import TextData

__all__ = ["labels_of_files", "refuse_no_columns"]


def labels_of_files(data: TextData, found: Found, told: list[str]) -> Sequence[str | None]:
    """Return the label that all texts of each file have, None where there is none.

    Args:
        data: The config.
        found: The source.
        told: Takes what should be known about a table of labels.

    Raises:
        UserError: ``data.labels`` is neither a known word nor a CSV file, or does not suit.
    """
    if data.labels == "folder":
        return folder_labels(found.names)
    if data.labels == "file":
        return [PurePath(name).name.split(".")[0] for name in found.names]
    if data.labels in LABELS:
        return [None] * len(found.files)
    path = table_path(data.labels, Path(data.source).expanduser())
    if not path.exists():
        _refuse_a_column(data, found)
    table = read_label_table(path, data.label_column, LABELS)
    return look_up_labels(table, found.names, path, "a text", told)


def _refuse_a_column(data: TextData, found: Found) -> None:
    """Refuse the name of a column, which is to be said elsewhere, or what may be meant for one.

    Raises:
        UserError: The source has columns, and one may be meant.
    """
    columns = _columns(found)
    if not columns or did_you_mean(data.labels, LABELS):
        return
    named = data.labels if data.labels in columns else "NAME"
    raise UserError(
        f"data.labels: there is no file '{data.labels}'. For a column of '{data.source}' write "
        f"data.labels: column and data.label_column: {named}. {_choice(data.labels, columns)}"
    )


def refuse_no_columns(data: TextData, found: Found) -> None:
    """Say why no text has a label in a column.

    Raises:
        UserError: Always.
    """
    columns = _columns(found)
    if not columns:
        raise UserError(
            f"data.labels: 'column' is for tables and .jsonl files of objects, and '{data.source}' "
            "has no columns. Write folder, file, none, or the path of a CSV file"
        )
    if data.label_column in columns:
        raise UserError(f"data.label_column: '{data.label_column}' is empty for every text")
    raise UserError(
        f"data.label_column: there is no column '{data.label_column}' in '{data.source}'. "
        f"{_choice(data.label_column, columns)}"
    )


def _choice(wanted: str, columns: Sequence[str]) -> str:
    near = "" if wanted in columns else did_you_mean(wanted, columns)
    return f"Its columns are {', '.join(columns)}.{near}"


def _columns(found: Found) -> list[str]:
    """Return the columns of the first file that has some."""
    return next((names for _, file in found.files if (names := columns_of(file))), [])
