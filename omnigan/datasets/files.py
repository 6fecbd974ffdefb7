"""The files of a source: which there are, and how many are broken."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from omnigan.errors import UserError, did_you_mean, listed
from omnigan.walk import entries, oddity, printable

__all__ = [
    "check_readable",
    "files_below",
    "no_such_source",
    "require_files",
]


def files_below(
    root: Path, endings: Collection[str], table: Path | None = None
) -> tuple[list[tuple[str, Path]], Counter[str]]:
    """Return ``(name, file)`` of every file of a kind below a folder, and the others' endings.

    What has such an ending but is no file, as a link to nowhere, is there, too: whoever reads it
    finds its :func:`~omnigan.walk.oddity`, and names it among what cannot be read.

    Args:
        root: The folder.
        endings: Endings of the kind, in lower case.
        table: That labels are read from; it may be anywhere.

    Returns:
        The files, sorted by name, which is their path below the folder; how many other files,
        but for the table, have which ending.
    """
    files: list[tuple[str, Path]] = []
    ignored: Counter[str] = Counter()
    for file in entries(root):
        if file.suffix.lower() in endings:
            files.append((printable(file.relative_to(root).as_posix()), file))
        elif not _is(file, table) and not oddity(file):
            ignored[file.suffix.lower() or "no ending"] += 1
    return sorted(files), ignored


def _is(file: Path, table: Path | None) -> bool:
    return table is not None and file.name == table.name and file.resolve() == table.resolve()


def require_files(
    count: int, ignored: Counter[str], source: str, noun: str, endings: Collection[str]
) -> None:
    """Refuse a source without files of a kind.

    Args:
        count: How many there are.
        ignored: Endings of the others.
        source: What ``data.source`` says.
        noun: What such a file is called, for the error.
        endings: Endings of the kind.

    Raises:
        UserError: There are none.
    """
    if count:
        return
    other = ", ".join(f"{number} {ending}" for ending, number in ignored.most_common(3))
    raise UserError(
        f"data.source: no {noun} file in '{source}' or in any folder below it"
        f"{f', only {other}' if other else ''}. Known are {', '.join(sorted(endings))}"
    )


def check_readable(
    names: Sequence[str], reasons: Mapping[int, str], source: str, noun: str
) -> None:
    """Refuse a source most of whose files cannot be used.

    Args:
        names: Name of each.
        reasons: Why it cannot be used, by number.
        source: What ``data.source`` says.
        noun: What one of them is called, for the error.

    Raises:
        UserError: More than half of them cannot.
    """
    broken, total = len(reasons), len(names)
    if 2 * broken <= total:
        return
    examples = "; ".join(f"{names[row]}: {reason}" for row, reason in list(reasons.items())[:3])
    count = f"no {noun}" if broken == total else f"{broken} of {total} {noun}s"
    verb = "can be read" if broken == total else "cannot be read"
    raise UserError(f"data.source: {count} in '{source}' {verb} ({examples})")


def no_such_source(source: str, embedded: Sequence[str], forms: str) -> UserError:
    """Return the error of a ``data.source`` that is not there.

    Args:
        source: What the recipe says.
        embedded: Names of data that come with omnigan.
        forms: What may stand there, for the end of the sentence "Write the path of ...".
    """
    where = "" if Path(source).expanduser().is_absolute() else f" below {Path.cwd()}"
    hint = "" if os.sep in source else did_you_mean(source, embedded)
    return UserError(
        f"data.source: there is no file or folder '{source}'{where}.{hint} Write the path of "
        f"{forms}, or {listed(embedded)}"
    )
