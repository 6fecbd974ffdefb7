"""Texts in files: lines, paragraphs, rows of tables, JSON objects."""

from __future__ import annotations

import csv
import json
import textwrap
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from omnigan.errors import UserError, did_you_mean
from omnigan_text.data.lines import MOST, Unusable, read_lines
from omnigan_text.data_config import TextData

__all__ = [
    "JSON_LINES",
    "PROSE",
    "SOURCE_CODE",
    "TABLES",
    "Record",
    "columns_of",
    "kind_of",
    "read_records",
]


def _endings(words: str) -> frozenset[str]:
    return frozenset(f".{word}" for word in words.split())


PROSE = _endings("txt text md rst")
JSON_LINES = _endings("jsonl ndjson")
TABLES = _endings("csv tsv")
SOURCE_CODE = _endings(
    "bash c cc clj cpp cs css cxx dart ex f90 go h hpp hs html java jl js jsx kt lean lisp lua m "
    "mjs ml php pl py pyi r rb rs sass scala scm scss sh sql svelte swift tex toml ts tsx v vue "
    "xml yaml yml zig zsh"
)

_LOOKED_AT = 200  # lines of a .jsonl file that show which keys it has
_TEXT = "text"  # name of a column that holds the text, unless another one is named


@dataclass(frozen=True)
class Record:
    """A text as a file has it, and its label in the same row, if it was asked for."""

    text: str
    label: str | None = None


def kind_of(file: Path) -> str:
    """Return the ending of a file, in lower case, without .gz."""
    inner = file.with_suffix("") if file.suffix.lower() == ".gz" else file
    return inner.suffix.lower()


def read_records(file: Path, data: TextData, paragraphs: bool) -> Iterator[Record]:
    """Yield the texts of a file.

    Args:
        file: Of any ending; one that is not known is read as plain text.
        data: The config.
        paragraphs: Whether an example of plain text is a paragraph.

    Raises:
        Unusable: The file is not what it seems to be; the message says why.
        UserError: It has no such column.
        OSError: It cannot be opened.
    """
    kind = kind_of(file)
    lines = read_lines(file)
    if kind in JSON_LINES:
        return _objects(lines, file, data)
    if kind in TABLES:
        return _rows(lines, file, data)
    return map(Record, _paragraphs(lines) if paragraphs else lines)


def columns_of(file: Path) -> list[str]:
    """Return the columns of a table, or the keys at the beginning of a .jsonl file.

    There are none in a file of another kind, or one that cannot be read.
    """
    kind = kind_of(file)
    try:
        if kind in TABLES:
            return _header(file, next(read_lines(file), ""))
        if kind in JSON_LINES:
            lines = islice((line for line in read_lines(file) if not line.isspace()), _LOOKED_AT)
            values = [_parsed(line, number) for number, line in enumerate(lines, 1)]
            return list(dict.fromkeys(k for v in values if isinstance(v, dict) for k in v))
    except (Unusable, OSError):
        pass
    return []


def _header(file: Path, line: str) -> list[str]:
    names = next(csv.reader([line], delimiter=_delimiter(file, line)), [])
    return [name.strip() for name in names]


def _paragraphs(lines: Iterator[str]) -> Iterator[str]:
    """Yield what is between empty lines; what all its lines are indented by is taken away."""
    block: list[str] = []
    size = 0
    for number, line in enumerate(lines, 1):
        if line.isspace():
            yield textwrap.dedent("".join(block))
            block, size = [], 0
            continue
        block.append(f"{line.rstrip()}\n")
        size += len(line)
        if size > MOST:
            raise Unusable(
                f"the paragraph that ends in line {number} has more than {MOST:,} characters; "
                "write data.unit: line if every line is an example"
            )
    yield textwrap.dedent("".join(block))


def _objects(lines: Iterator[str], file: Path, data: TextData) -> Iterator[Record]:
    key: str | None = None
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        value = _parsed(line, number)
        if isinstance(value, str):
            yield Record(value)
            continue
        if not isinstance(value, dict):
            raise Unusable(f"line {number} holds neither a JSON object nor a string")
        if key is None:
            texts = [name for name, each in value.items() if isinstance(each, str)]
            key = _column(file, number, list(value), texts, data)
        yield Record(_string(value, key, number), _label(value, number, data))


def _parsed(line: str, number: int) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise Unusable(f"line {number} is not JSON: {error.msg}, column {error.colno}") from error
    except RecursionError as error:
        raise Unusable(f"line {number} is nested too deeply") from error


def _string(value: dict[str, Any], key: str, number: int) -> str:
    text = value.get(key)
    if text is not None and not isinstance(text, str):
        raise Unusable(f"line {number}: '{key}' is no text")
    return text or ""


def _label(value: dict[str, Any], number: int, data: TextData) -> str | None:
    if data.labels != "column":
        return None
    label = value.get(data.label_column)
    if isinstance(label, dict | list):
        raise Unusable(f"line {number}: '{data.label_column}' is neither a word nor a number")
    return None if label is None else str(label).strip() or None


def _rows(lines: Iterator[str], file: Path, data: TextData) -> Iterator[Record]:
    header = next(lines, "")
    names = _header(file, header)
    text = names.index(_column(file, 1, names, names, data))
    label = None
    if data.labels == "column":
        label = names.index(_known(file, 1, "data.label_column", data.label_column, names))
    reader = csv.reader(lines, delimiter=_delimiter(file, header))
    try:
        for row in reader:
            yield Record(
                row[text] if text < len(row) else "",
                row[label].strip() or None if label is not None and label < len(row) else None,
            )
    except csv.Error as error:
        raise Unusable(
            f"line {reader.line_num + 1}: {error}; is there a quotation mark that nothing closes?"
        ) from error


def _delimiter(file: Path, header: str) -> str:
    if kind_of(file) == ".tsv":
        return "\t"
    return max(",;\t", key=header.count)


def _column(
    file: Path, line: int, names: Collection[str], texts: Collection[str], data: TextData
) -> str:
    """Return the name of the column that holds the text."""
    if data.column != "auto":
        return _known(file, line, "data.column", data.column, names)
    if _TEXT in texts:
        return _TEXT
    others = [n for n in texts if data.labels != "column" or n != data.label_column]
    if len(others) == 1:
        return others[0]
    raise UserError(
        f"data.column: {file}, line {line}: say which column holds the text; there are "
        f"{', '.join(names) or 'none'}"
    )


def _known(file: Path, line: int, key: str, wanted: str, names: Collection[str]) -> str:
    if wanted in names:
        return wanted
    raise UserError(
        f"{key}: {file}, line {line}: there is no column '{wanted}', only "
        f"{', '.join(names) or 'an empty line'}.{did_you_mean(wanted, names)}"
    )
