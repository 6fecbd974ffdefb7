"""What a source is: files, docstrings, or texts that are made here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from omnigan.datasets.files import files_below, no_such_source, require_files
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
        path: Where it is; that of a source that is no file, the folder one is in.
        parts: Files that examples depend on, and what counts of each one's name.
        made_by: What else they depend on that may change, JSON values.
        files: Text files, ``(name, file)``; none for a source that is no file.
        ignored: Other files of a folder, by ending.
    """

    path: Path
    parts: Sequence[tuple[str, Path]]
    made_by: Sequence[Any]
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
    beside, made_by = _beside(data), [version("tokenizers")]
    if data.source in MADE:
        _check_labels(data)
        library = library_stamp() if data.source == "docstrings" else []
        return Found(Path(), beside, [*made_by, *library])
    if data.labels == "auto":
        raise UserError(
            f"data.labels: the texts in '{data.source}' bring no labels of their own; write "
            "folder, file, column, none, or the path of a CSV file"
        )
    files, ignored = _files(data)
    path = user_path(data.source, "data.source")
    return Found(path, [*_counting(files, data), *beside], made_by, files, ignored)


def _counting(files: Sequence[tuple[str, Path]], data: TextData) -> Sequence[tuple[str, Path]]:
    """Return files with what counts of their names: of one alone its kind, or it gives labels."""
    if files[1:] or data.labels not in ("none", "column"):
        return files
    return [(f"{kind_of(file)}{file.suffix.lower()}", file) for _, file in files]


def _check_labels(data: TextData) -> None:
    allowed = ("auto", "none") if data.source == "docstrings" else ("none",)
    if data.labels not in allowed:
        raise UserError(
            f"data.labels: the source '{data.source}' can have {listed(allowed)} here, not "
            f"'{data.labels}'"
        )


def _beside(data: TextData) -> list[tuple[str, Path]]:
    """Return other files that examples depend on."""
    files: list[tuple[str, Path]] = []
    if data.source == "oracle" and data.oracle.file is not None:
        files.append(("", user_path(data.oracle.file, "data.oracle.file")))
    if data.tokenizer.folder is not None and not data.vocabulary:
        folder = user_path(data.tokenizer.folder, "data.tokenizer.folder")
        found = sorted(folder.glob("*.*")) if folder.is_dir() else []
        files += [(file.name, file) for file in found]
    if data.labels not in LABELS:
        files.append(("", table_path(data.labels, Path(data.source).expanduser())))
    return files


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
    table = table_path(data.labels, path).absolute()
    found, ignored = files_below(path, {*ENDINGS, ".gz"}, table)
    files = []
    for name, file in found:
        if kind_of(file) not in ENDINGS:
            ignored[".gz"] += 1
        elif file.absolute() != table:
            files.append((name, file))
    require_files(len(files), ignored, data.source, "text", ENDINGS)
    return files, ignored
