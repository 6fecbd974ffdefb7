"""Texts as files that a person can open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from omnigan.domain import Artifact, Notify, silent
from omnigan.told import told

__all__ = ["OVERVIEW", "render", "render_overview"]

OVERVIEW = "samples.txt"


def render(texts: Sequence[str], folder: Path, notify: Notify = silent) -> list[Artifact]:
    r"""Write each text as ``NNN.txt``, UTF-8, with ``\n`` at its end.

    Args:
        texts: Any.
        folder: Existing folder to write into.
        notify: Told how many are done.
    """
    digits = max(3, len(str(len(texts) - 1)))
    artifacts = []
    for number, text in enumerate(told(texts, "writing samples", notify)):
        path = folder / f"{number:0{digits}d}.txt"
        _write(path, f"{text}\n")
        artifacts.append(Artifact(path, "text", f"Text {number + 1}"))
    return artifacts


def render_overview(
    texts: Sequence[str], folder: Path, labels: Sequence[str] = ()
) -> list[Artifact]:
    """Write ``samples.txt``: all texts, numbered, none left out.

    Signs that cannot be printed are written as escapes such as ``\\x1b``.

    Args:
        texts: At least one, sorted by label if there are any.
        folder: Existing folder to write into.
        labels: Names of the model's labels; each has a heading where the number of texts allows.
    """
    path = folder / OVERVIEW
    headed = labels if len(labels) > 1 and len(texts) % len(labels) == 0 else ()
    _write(path, "".join(f"{line}\n" for line in _lines(texts, headed)))
    return [Artifact(path, "text", "All texts")]


def _lines(texts: Sequence[str], labels: Sequence[str]) -> Iterator[str]:
    each = len(texts) // max(1, len(labels))
    digits = len(str(len(texts)))
    for number, text in enumerate(texts):
        if labels and number % each == 0:
            yield from ([""] if number else [])
            yield f"{_printable(labels[number // each])}:"
        # Further lines stand below the first one.
        first, *others = (_printable(line) for line in text.split("\n"))
        yield f"{number + 1:{digits}d}  {first if text else '(empty)'}"
        yield from (f"{'':{digits}}  {line}" for line in others)


def _printable(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(
        sign if sign.isprintable() or sign in "\t\u3000" else sign.encode("unicode_escape").decode()
        for sign in line
    )


def _write(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8", newline="\n")
