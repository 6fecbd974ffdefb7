"""Where commands write, and what they call it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path

from omnigan.errors import UserError

__all__ = [
    "destination",
    "file_name",
    "file_names",
    "folder_name",
    "generated_folder",
    "named",
    "refuse_file",
]

LONGEST_PART = 80
LONGEST = 200
"""Bytes of a name; most disks take 255, and what is written may get an ending."""
_DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{port}{n}" for port in ("com", "lpt") for n in "123456789"
}


def destination(out: Path | None, run: Path, *words: str | None) -> Path:
    """Return the folder that a command writes to; ask before the work, not after it.

    Args:
        out: What ``--out`` says, if anything.
        run: What the command works on.
        words: What the folder is called otherwise; with a number behind it where there is one
            already, since the files in it may be of other weights or other files of the user's.

    Raises:
        UserError: ``out`` cannot be a folder.
    """
    if out is not None:
        refuse_file(out)
        return out
    plain = generated_folder(run) / folder_name(*words)
    numbered = (plain.with_name(f"{plain.name}-{number}") for number in count(2))
    return next(place for place in chain([plain], numbered) if not place.exists())


def refuse_file(out: Path) -> None:
    """Refuse a folder that cannot be made since it, or what it would lie in, is a file.

    Raises:
        UserError: It is.
    """
    there = next((place for place in (out, *out.parents) if place.exists()), None)
    if there is not None and not there.is_dir():
        raise UserError(f"--out: {there} is a file. Name a folder.")


def generated_folder(run: Path) -> Path:
    """Return where commands write what a generator makes, unless somebody says it.

    What is made of one checkpoint does not go into its folder, which training may delete.
    """
    from omnigan.exporting.read import is_export
    from omnigan.hub.reference import Reference, is_reference
    from omnigan.sampling import run_of

    if is_reference(run):  # the cache of the Hub is not ours to write to
        return Path("generated") / file_name(Reference.of(run).repository)
    if is_export(run):  # which stays as it is, to be read and shared
        return Path("generated") / file_name(run.resolve().name)
    whole = run_of(run).path
    return whole / "generated" if whole == run else whole / "generated" / run.resolve().name


def file_name(text: str, longest: int = LONGEST_PART) -> str:
    """Return any text as the name of a file or folder.

    Separators would lead elsewhere, and a data set may be copied to a disk of Windows, where more
    signs and some names are taken. The name begins and ends with neither a dot nor a space.

    Args:
        text: Whatever a user or a stranger has written.
        longest: Bytes of the name.
    """
    safe = "".join(
        char if char.isprintable() and char not in '/\\:*?"<>|' else "_" for char in text
    )
    name = _cut(safe, longest)
    is_device = name.partition(".")[0].strip().lower() in _DEVICES
    return _cut(f"_{name}", longest) if is_device else name


def _cut(name: str, longest: int) -> str:
    kept = name.strip(". ").encode()[:longest].decode(errors="ignore")
    return kept.rstrip(". ") or "_"


def file_names(texts: Sequence[str]) -> dict[str, str]:
    """Return a name for each of some different texts, no two of them the same on any disk.

    Where :func:`file_name` gives one name to several, all but the first get a number behind it.
    """
    plain = {text: file_name(text) for text in texts}
    of_others = {_on_any_disk(name) for name in plain.values()}
    given: set[str] = set()
    names = {}
    for text, name in plain.items():
        chosen, number = name, 1
        while (key := _on_any_disk(chosen)) in given or (number > 1 and key in of_others):
            number += 1
            chosen = f"{name}-{number}"
        given.add(key)
        names[text] = chosen
    return names


def _on_any_disk(name: str) -> str:
    """Return what is the same of two names that some disk takes for one."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def folder_name(*words: str | None) -> str:
    """Return a folder's name of several words, without those that are None or empty."""
    return file_name("-".join(filter(None, words)), LONGEST)


def named(wish: str) -> str:
    """Return what a wish is called in the name of a folder: of a file, its name."""
    try:
        is_file = Path(wish).is_file()
    except OSError:  # longer than any name
        is_file = False
    return file_name(Path(wish).stem if is_file else wish)
