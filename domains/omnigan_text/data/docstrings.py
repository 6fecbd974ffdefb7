"""The embedded texts: first sentences of the docstrings in Python's standard library."""

from __future__ import annotations

import ast
import json
import re
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

from omnigan.cache import cache_folder, read_sealed, write_sealed
from omnigan.datasets.rows import cache_key
from omnigan.domain import Notify
from omnigan.errors import UserError

__all__ = ["docstrings", "library_stamp"]

WORDS = range(3, 15)
"""How many words a sentence may have."""

_VERSION = 1  # raise it when the same library gives other sentences
_SKIPPED = {"test", "tests", "idle_test", "lib2to3", "site-packages", "dist-packages"}
_FIRST = re.compile(r".*?\.(?=\s+[A-Z(]|$)")  # a full stop ends a sentence before a capital
_INNER_END = re.compile(r"[.!?]\s")
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_KINDS = {ast.Module: "module", ast.ClassDef: "class"}


def library_stamp() -> list[str]:
    """Return what changes when the standard library does."""
    return [str(_VERSION), sys.version, str(_library())]


def docstrings(notify: Notify) -> list[tuple[str, str]]:
    """Return the sentences of the running interpreter's library in the order of its files.

    The files are parsed, not imported. Only what is one whole sentence of 3 to 14 words, from a
    capital to a full stop, is taken, each sentence once.

    Returns:
        Sentences, each with ``module``, ``class`` or ``function``.

    Raises:
        UserError: This Python has no source files.
    """
    file = cache_folder("text", f"docstrings-{cache_key(*library_stamp())}.json")
    kept = _recalled(file)
    if kept is None:
        kept = _read(notify)
        write_sealed(file, json.dumps(kept).encode())
    return kept


def _recalled(file: Path) -> list[tuple[str, str]] | None:
    try:
        return [(str(sentence), str(kind)) for sentence, kind in json.loads(read_sealed(file))]
    except (OSError, ValueError, TypeError):
        return None


def _read(notify: Notify) -> list[tuple[str, str]]:
    library = _library()
    files = [
        file
        for file in sorted(library.rglob("*.py"))
        if not _SKIPPED.intersection(file.relative_to(library).parts)
    ]
    found: dict[str, str] = {}
    for number, file in enumerate(files):
        for sentence, kind in _sentences(file):
            found.setdefault(sentence, kind)
        notify("reading docstrings", number + 1, len(files))
    if not found:
        raise UserError(
            f"data.source: this Python keeps no source files of its standard library in "
            f"'{library}', so there are no docstrings. Name a text file of yours"
        )
    return list(found.items())


def _library() -> Path:
    return Path(sysconfig.get_path("stdlib"))


def _sentences(file: Path) -> Iterator[tuple[str, str]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the files' own style
            tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, _Documented):
            sentence = _sentence(ast.get_docstring(node) or "")
            if sentence:
                yield sentence, _KINDS.get(type(node), "function")


def _sentence(docstring: str) -> str:
    """Return the first sentence of a docstring, empty if it does not look like one."""
    paragraph = " ".join(docstring.strip().split("\n\n")[0].split())
    match = _FIRST.match(paragraph)
    sentence = match[0] if match else ""
    is_whole = sentence[:1].isupper() and not sentence.endswith("..")
    if is_whole and len(sentence.split()) in WORDS and not _INNER_END.search(sentence):
        return sentence
    return ""
