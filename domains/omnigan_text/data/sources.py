"""What a source is: files, docstrings, or texts that are made here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from omnigan.datasets.files import files_below, no_such_source, require_files, stamp
from omnigan.datasets.label_table import table_path
from omnigan.errors import UserError, listed
from omnigan.paths import user_path
from omnigan_text.data.docstrings import library_stamp
from omnigan_text.data.records import JSON_LINES, PROSE, SOURCE_CODE, TABLES, kind_of
from omnigan_text.data_config import TextData

__all__ = ["ENDINGS", "LABELS", "MADE", "Found", "find"]

ENDINGS = PROSE | JSON_LINES | TABLES | SOURCE_CODE
"""Endings of files that are taken from a folder, also with .gz behind them."""
MADE = ("docstrings", "arithmetic", "oracle")
"""Sources that are no files."""
LABELS = ("none", "folder", "file", "column", "auto")
"""What ``data.labels`` may say; all else is the path of a CSV file."""


@dataclass(frozen=True)
class Found:
    """A source that exists.

    Attributes:
        identity: What changes when its content does, JSON values.
        files: Text files, ``(name, file)``; none for a source that is no file.
        ignored: Other files of a folder, by ending.
    """

    identity: list[Any]
    files: Sequence[tuple[str, Path]] = ()
    ignored: Counter[str] = field(default_factory=Counter)

    @property
    def names(self) -> list[str]:
        """Name of each file."""
        return [name for name, _ in self.files]


def find(data: TextData) -> Found:
    """Say what a source is, without reading it.

    Raises:
        UserError: There is no such source, nothing in it, or it has no such labels.
    """
    identity = [version("tokenizers"), *_stamps(data)]
    if data.source in MADE:
        _check_labels(data)
        library = library_stamp() if data.source == "docstrings" else []
        return Found([*identity, *library])
    if data.labels == "auto":
        raise UserError(
            f"data.labels: the texts in '{data.source}' bring no labels of their own; write "
            "folder, file, column, none, or the path of a CSV file"
        )
    files, ignored = _files(data)
    stamps = [[name, *stamp(file)] for name, file in files]
    return Found([*identity, *stamps], files, ignored)


def _check_labels(data: TextData) -> None:
    allowed = ("auto", "none") if data.source == "docstrings" else ("none",)
    if data.labels not in allowed:
        raise UserError(
            f"data.labels: the source '{data.source}' can have {listed(allowed)} here, not "
            f"'{data.labels}'"
        )


def _stamps(data: TextData) -> list[Any]:
    """Return stamps of other files that examples depend on."""
    files: list[Path] = []
    if data.source == "oracle" and data.oracle.file is not None:
        files.append(user_path(data.oracle.file, "data.oracle.file"))
    if data.tokenizer.folder is not None and not data.vocabulary:
        folder = user_path(data.tokenizer.folder, "data.tokenizer.folder")
        files += sorted(folder.glob("*.*")) if folder.is_dir() else []
    if data.labels not in LABELS:
        files.append(table_path(data.labels, Path(data.source).expanduser()))
    return [stamp(file) for file in files]


def _files(data: TextData) -> tuple[list[tuple[str, Path]], Counter[str]]:
    path = user_path(data.source, "data.source")
    if path.is_file():
        if data.labels == "folder":
            raise UserError(
                f"data.labels: '{data.source}' is one file, so there are no folders to name its "
                "texts after; write column, none, or the path of a CSV file"
            )
        return [(path.name, path)], Counter()
    if not path.is_dir():
        raise no_such_source(data.source, MADE, "a text file or of a folder of such files")
    found, ignored = files_below(path, {*ENDINGS, ".gz"})
    table = table_path(data.labels, path).absolute()
    files = []
    for name, file in found:
        if kind_of(file) not in ENDINGS:
            ignored[".gz"] += 1
        elif file.absolute() != table:
            files.append((name, file))
    require_files(len(files), ignored, data.source, "text", ENDINGS)
    return files, ignored
