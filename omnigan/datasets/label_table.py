"""Labels of examples in a CSV file with a column ``file``."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from omnigan.errors import UserError, did_you_mean
from omnigan.paths import user_path
from omnigan.wording import named, numbered

__all__ = [
    "TABLE",
    "look_up_labels",
    "own_table",
    "read_label_table",
    "table_path",
    "used_table",
]

TABLE = "labels.csv"
"""Of a source, that ``data.labels: auto`` takes."""

_MOST_BYTES = 2**28
_PATHS = 5  # in a sentence


def own_table(source: Path) -> Path | None:
    """Return the table of labels that lies in a source, None if there is none."""
    path = source / TABLE
    return path if path.is_file() else None


def table_path(written: str, source: Path) -> Path:
    """Return where a table of labels is: below the source, if there is none where it is written.

    Args:
        written: What ``data.labels`` says.
        source: A folder, or anything else, below which there is nothing.

    Raises:
        UserError: It can be no path.
    """
    path = user_path(written, "data.labels")
    below = source / path  # that of an absolute path is the path itself
    return below if not path.exists() and below.is_file() else path


def used_table(written: str, source: Path) -> Path | None:
    """Return the table that labels are read from, None where they come from elsewhere.

    Args:
        written: What ``data.labels`` says.
        source: A folder of files.

    Raises:
        UserError: It can be no path.
    """
    if written in ("none", "folder"):
        return None
    return own_table(source) if written == "auto" else table_path(written, source)


def read_label_table(
    path: Path,
    column: str,
    words: Sequence[str],
    *,
    column_key: str = "data.label_column",
    content: bytes | None = None,
) -> dict[str, str]:
    """Return labels by the name in column ``file``; those that are empty as "".

    Args:
        path: What ``data.labels`` says.
        column: The column of labels.
        words: What else ``data.labels`` could have said, for the error.
        column_key: Recipe key that names the column, for the error.
        content: Of the table, where it lies in an archive; None: that of the file.

    Raises:
        UserError: The file cannot be read, lacks a column or a name, or contradicts itself.
    """
    try:
        if content is None:
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
    nameless: list[int] = []
    for line, row in _rows(path, text, column, column_key):
        name, label = (row["file"] or "").strip(), (row[column] or "").strip()
        if not name:
            nameless += [line] if label else []
            continue
        name = name.replace("\\", "/")
        table[name] = table.get(name) or label
        if label not in ("", table[name]):
            raise UserError(
                f"data.labels: {path}, line {line}: '{name}' has two labels, "
                f"'{table[name]}' and '{label}'"
            )
    if nameless:
        more = f" and in {numbered(len(nameless) - 1, 'other row')}" if nameless[1:] else ""
        raise UserError(f"data.labels: {path}, line {nameless[0]}: 'file' is empty{more}")
    if table and not any(table.values()):
        raise UserError(f"{column_key}: {path}: '{column}' is empty in every row")
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
    table: Mapping[str, str], names: Sequence[str], path: Path, noun: str, told: list[str]
) -> list[str | None]:
    """Return the label of each name, None where the table has none.

    A table may name an example by its path below the source, by its file name, or by that without
    its ending. One that is the whole path of an example is that of no other.

    Args:
        table: What :func:`read_label_table` returned.
        names: Paths below the source.
        path: The CSV file, for the error.
        noun: What an example is, with its article.
        told: Takes a sentence for each kind of rows that give no label.

    Raises:
        UserError: No name has a label, or several files may be meant by one name.
    """
    places = _places(table, names)
    _refuse_several(places, names, path)
    labels = [None if place is None else table[place] or None for place in places]
    if not any(labels):
        example = names[0] if names else ""
        raise UserError(
            f"data.labels: no name in column 'file' of {path} is that of {noun}; write paths "
            f"below data.source such as '{example}', or names without ending"
        )
    told += _idle_rows(table, names, noun)
    return labels


def _idle_rows(table: Mapping[str, str], names: Sequence[str], noun: str) -> list[str]:
    known = {key for name in names for key in _keys(PurePosixPath(name))}
    strange = [(name, label or "no label") for name, label in table.items() if name not in known]
    empty = [(name, "empty") for name, label in table.items() if not label and name in known]
    rows = "Rows in the table of labels that"
    return [
        f"{rows} {what}: {named(each, 'row')}."
        for what, each in ((f"name no file of {noun}", strange), ("have no label", empty))
        if each
    ]


def _places(table: Mapping[str, str], names: Sequence[str]) -> list[str | None]:
    """Return the name in the table that means each example, None where there is none."""
    whole = {str(PurePosixPath(name)) for name in names}
    return [
        next(
            (key for key in _keys(path) if key in table and (key == str(path) or key not in whole)),
            None,
        )
        for path in map(PurePosixPath, names)
    ]


def _refuse_several(places: Sequence[str | None], names: Sequence[str], path: Path) -> None:
    """Refuse names in a table that may mean several files.

    Raises:
        UserError: There are some.
    """
    meant: dict[str, dict[str, None]] = defaultdict(dict)
    for place, name in zip(places, names, strict=True):
        if place is not None:
            meant[place][name] = None
    several = [(place, list(files)) for place, files in meant.items() if len(files) > 1]
    if not several:
        return
    place, files = several[0]
    paths = ", ".join(f"'{file}'" for file in files[:_PATHS])
    more = f" So may {numbered(len(several) - 1, 'other name')}." if several[1:] else ""
    raise UserError(
        f"data.labels: '{place}' in column 'file' of {path} may mean {len(files)} files: {paths}"
        f"{', ...' if files[_PATHS:] else ''}.{more} Write paths below data.source, as these are"
    )


def _keys(name: PurePosixPath) -> tuple[str, str, str]:
    """Return what a table may call an example, the fullest name first."""
    return str(name), name.name, name.stem
