"""Labels of examples in a CSV file with a column ``file``."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from omnigan.errors import UserError, did_you_mean

__all__ = ["look_up_labels", "read_label_table"]

_MOST_BYTES = 2**28


def read_label_table(
    path: Path, column: str, words: Sequence[str], *, column_key: str = "data.label_column"
) -> dict[str, str]:
    """Return labels by the name in column ``file``.

    Args:
        path: What ``data.labels`` says.
        column: The column of labels.
        words: What else ``data.labels`` could have said, for the error.
        column_key: Recipe key that names the column, for the error.

    Raises:
        UserError: The file cannot be read, lacks a column or a value, or contradicts itself.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise UserError(f"data.labels: '{path}' is too large to be a table of labels")
        text = content.decode("utf-8-sig")
    except OSError as error:
        known = ", ".join(f"'{word}'" for word in words)
        raise UserError(
            f"data.labels: cannot read '{path}' ({error.strerror or error})."
            f"{did_you_mean(path, words)} It must be {known} or the path of a CSV file"
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(f"data.labels: '{path}' is not UTF-8 text; save it as UTF-8") from error
    table: dict[str, str] = {}
    for line, row in _rows(path, text, column, column_key):
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


def _rows(
    path: Path, text: str, column: str, column_key: str
) -> list[tuple[int, dict[str, str | None]]]:
    """Return the rows with their line numbers."""
    # Spreadsheets write semicolons where the comma is that of decimals.
    mark = max(",;\t", key=text.partition("\n")[0].count)
    lines = io.StringIO(text, newline="")
    reader = csv.DictReader(lines, delimiter=mark, skipinitialspace=True)
    try:
        header, rows = list(reader.fieldnames or []), [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise UserError(f"data.labels: {path}, line {reader.line_num}: {error}") from error
    for wanted, key in (("file", "data.labels"), (column, column_key)):
        if wanted not in header:
            raise UserError(
                f"{key}: {path}, line 1: there is no column '{wanted}', only "
                f"{', '.join(header) or 'an empty line'}.{did_you_mean(wanted, header)}"
            )
    return rows


def look_up_labels(
    table: Mapping[str, str], names: Sequence[str], path: Path, noun: str
) -> list[str | None]:
    """Return the label of each name, None where the table has none.

    A table may name an example by its path below the source, by its file name, or by that without
    its ending.

    Args:
        table: What :func:`read_label_table` returned.
        names: Paths below the source.
        path: The CSV file, for the error.
        noun: What an example is, for the error.

    Raises:
        UserError: No name has a label.
    """
    labels = [_looked_up(table, PurePosixPath(name)) for name in names]
    if not any(labels):
        example = names[0] if names else ""
        raise UserError(
            f"data.labels: no name in column 'file' of {path} is that of {noun}; write paths "
            f"below data.source such as '{example}', or names without ending"
        )
    return labels


def _looked_up(table: Mapping[str, str], name: PurePosixPath) -> str | None:
    return table.get(str(name)) or table.get(name.name) or table.get(name.stem)
