"""Texts in files: lines, paragraphs, rows of tables, JSON objects."""

from __future__ import annotations

import csv
import json
import textwrap
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
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

_LOOKED_AT = 200  # records of a .jsonl file that show which keys it has
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


def read_records(
    file: Path, data: TextData, paragraphs: bool, broken: list[str]
) -> Iterator[Record]:
    """Yield the texts of a file.

    Args:
        file: Of any ending; one that is not known is read as plain text.
        data: The config.
        paragraphs: Whether an example of plain text is a paragraph.
        broken: Takes what is wrong with each line of a .jsonl file that cannot be used, such as
            the last one of a file that is still written.

    Raises:
        Unusable: The file is not what it seems to be; the message says why.
        UserError: It has no such column.
        OSError: It cannot be opened.
    """
    kind = kind_of(file)
    lines = read_lines(file)
    if kind in JSON_LINES:
        return _objects(lines, file, data, broken)
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
            return _keys(list(islice(_values(read_lines(file), {}), _LOOKED_AT)))
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


_Value = tuple[int, dict[str, Any] | str]
"""The number of a line of a .jsonl file, and what it holds."""


def _objects(
    lines: Iterator[str], file: Path, data: TextData, broken: list[str]
) -> Iterator[Record]:
    wrong: dict[int, str] = {}
    values = _values(lines, wrong)
    begin = list(islice(values, _LOOKED_AT))
    key = _key(file, begin, data)
    used = 0
    for number, value in chain(begin, values):
        try:
            record = _record(number, value, key, data)
        except Unusable as error:
            wrong[number] = str(error)
        else:
            used += 1
            yield record
    reasons = [wrong[number] for number in sorted(wrong)]
    if len(reasons) > used:
        total = len(reasons) + used
        many = f"{len(reasons)} of {total} lines are broken; " if total > 1 else ""
        raise Unusable(f"{many}{reasons[0]}")
    broken += reasons


def _values(lines: Iterator[str], wrong: dict[int, str]) -> Iterator[_Value]:
    """Yield what each line holds, and take down what is wrong with those that cannot be used."""
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        try:
            yield number, _parsed(line, number)
        except Unusable as error:
            wrong[number] = str(error)


def _keys(values: Sequence[_Value]) -> list[str]:
    return list(dict.fromkeys(key for _, each in values if isinstance(each, dict) for key in each))


def _key(file: Path, begin: Sequence[_Value], data: TextData) -> str:
    """Return the key that holds the text, which the first records may lack."""
    objects = [(number, each) for number, each in begin if isinstance(each, dict)]
    if not objects:
        return _TEXT if data.column == "auto" else data.column
    texts = [name for _, each in objects for name in each if isinstance(each[name], str)]
    first, last = objects[0][0], objects[-1][0]
    where = f"line {first}" if first == last else f"lines {first} to {last}"
    return _column(f"{file}, {where}", _keys(begin), list(dict.fromkeys(texts)), data)


def _record(number: int, value: dict[str, Any] | str, key: str, data: TextData) -> Record:
    if isinstance(value, str):
        return Record(value)
    return Record(_string(value, key, number), _label(value, number, data))


def _parsed(line: str, number: int) -> dict[str, Any] | str:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise Unusable(f"line {number} is not JSON: {error.msg}, column {error.colno}") from error
    except RecursionError as error:
        raise Unusable(f"line {number} is nested too deeply") from error
    if isinstance(value, dict | str):
        return value
    raise Unusable(f"line {number} holds neither a JSON object nor a string")


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
    where = f"{file}, line 1"
    text = names.index(_column(where, names, names, data))
    label = None
    if data.labels == "column":
        label = names.index(_known(where, "data.label_column", data.label_column, names))
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


def _column(where: str, names: Collection[str], texts: Collection[str], data: TextData) -> str:
    """Return the name of the column that holds the text."""
    if data.column != "auto":
        return _known(where, "data.column", data.column, names)
    if _TEXT in texts:
        return _TEXT
    others = [n for n in texts if data.labels != "column" or n != data.label_column]
    if len(others) == 1:
        return others[0]
    raise UserError(
        f"data.column: {where}: say which column holds the text; there are "
        f"{', '.join(names) or 'none'}"
    )


def _known(where: str, key: str, wanted: str, names: Collection[str]) -> str:
    if wanted in names:
        return wanted
    raise UserError(
        f"{key}: {where}: there is no column '{wanted}', only "
        f"{', '.join(names) or 'an empty line'}.{did_you_mean(wanted, names)}"
    )
