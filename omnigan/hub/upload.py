"""Putting an export on the Hub: all of it, and nothing else."""

from __future__ import annotations

import re
import shlex
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from omnigan.errors import UserError
from omnigan.exporting.assets import CARD, OURS, assets_of
from omnigan.exporting.read import CONFIG, read_export
from omnigan.hub.reference import repository, revision_named
from omnigan.hub.words import api_of_hub, in_words
from omnigan.modelfile import read_values

if TYPE_CHECKING:
    from huggingface_hub import HfApi

__all__ = ["Plan", "belongs", "plan_of", "upload"]

_SAMPLES = {".csv", ".flac", ".gif", ".mid", ".mp3", ".ogg", ".png", ".txt", ".wav", ".webp"}


@dataclass(frozen=True)
class Plan:
    """What is to be uploaded.

    Attributes:
        folder: The export.
        files: Names below it, with sizes in bytes.
        warnings: Sentences about what a person may want to change before.
    """

    folder: Path
    files: tuple[tuple[str, int], ...]
    warnings: tuple[str, ...]


def belongs(name: str) -> bool:
    """Tell whether a file may be a part of any export, by its name below the folder."""
    path = PurePosixPath(name)
    if len(path.parts) == 1:
        return name in OURS
    return len(path.parts) == 2 and path.parts[0] == "samples" and path.suffix in _SAMPLES


def plan_of(folder: Path) -> Plan:
    """Look at an export before it is uploaded.

    Raises:
        UserError: It is no whole export, or there is something else in it.
    """
    if not folder.is_dir():
        raise UserError(f"There is no folder '{folder}'. Make one with omnigan export.")
    if (folder / "checkpoints").is_dir():
        command = f"omnigan export {shlex.quote(str(folder))} DIR"
        raise UserError(f"{folder} is a run. Make an export of it, with {command}, and push that.")
    assets = assets_of(read_export(folder).domain)
    card = _card(folder)
    files, strange = [], []
    for path in sorted(_below(folder)):
        name = path.relative_to(folder).as_posix()
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            strange.append(f"{name} (a link)")
        elif not stat.S_ISREG(status.st_mode) or not (belongs(name) or name in assets):
            strange.append(name)
        elif name in assets and path.read_bytes() != assets[name]:
            strange.append(f"{name} (which is not what omnigan export writes)")
        elif "/" in name and name not in card:
            strange.append(f"{name} (which {CARD} does not name)")
        else:
            files.append((name, status.st_size))
    if strange:
        shown = ", ".join(map(ascii, strange[:5])) + (", ..." if len(strange) > 5 else "")
        raise UserError(
            f"{folder} holds what is not a part of an export and will not be published: {shown}. "
            "Move it elsewhere."
        )
    return Plan(folder, tuple(files), tuple(_warnings(folder, card)))


def _card(folder: Path) -> str:
    """Return the text of the model card, empty if there is none."""
    path = folder / CARD
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _below(folder: Path) -> Iterator[Path]:
    """Yield everything but folders below a folder; links are not followed."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)
        else:
            yield path


def _warnings(folder: Path, card: str) -> Iterator[str]:
    if not card:
        yield f"there is no model card, {CARD}: nobody will know what this is."
    elif "license" not in _front_matter(card):
        yield (
            "the model card names no licence, so nobody may use the model: export again with "
            "--licence, or add 'license:' to the lines at its top."
        )
    named = [value for value in _strings(read_values(folder / CONFIG)) if _is_of_a_machine(value)]
    if named:
        yield f"{CONFIG} names a folder of your machine, for all to read: {named[0]!a}."


def _front_matter(text: str) -> dict[str, Any]:
    parts = re.split(r"^---\s*$", text, maxsplit=2, flags=re.MULTILINE)
    try:
        values = yaml.safe_load(parts[1]) if len(parts) == 3 and not parts[0].strip() else {}
    except yaml.YAMLError:
        return {}
    return values if isinstance(values, dict) else {}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def _is_of_a_machine(text: str) -> bool:
    return bool(re.match(r"(/|~[/\\]|\\\\|\.\.[/\\]|[A-Za-z]:[/\\])[^\s/\\]", text))


def upload(plan: Plan, name: str, *, private: bool = False, revision: str | None = None) -> str:
    """Make one commit that leaves a repository with this export.

    What an earlier export left there and this one does not have is deleted; other files stay.

    Args:
        plan: What to upload.
        name: ``owner/name``; made if it is not there.
        private: Whether a new repository is private; one that is there has to be.
        revision: The branch, made if it is not there; None: the main one.

    Returns:
        The commit.

    Raises:
        UserError: There is no such owner, this user may not write there, or the repository is
            public and must not be.
        OmniganError: The Hub cannot be reached.
    """
    name = repository(name)
    branch = None if revision is None else revision_named(revision)
    api = api_of_hub()
    with in_words(name, branch):
        api.create_repo(name, private=private or None, exist_ok=True)
        if private and not api.model_info(name).private:
            raise UserError(
                f"'{name}' is there and public: make it private there, or leave out --private."
            )
        if branch not in (None, "main"):
            api.create_branch(name, branch=branch, exist_ok=True)
        commit = api.create_commit(
            name,
            _operations(api, plan, name, branch),
            commit_message="Upload an export of omnigan",
            revision=branch,
        )
    return str(commit.oid)


def _operations(api: HfApi, plan: Plan, name: str, branch: str | None) -> Sequence[Any]:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    names = {each for each, _ in plan.files}
    there = {each.rfilename for each in api.model_info(name, revision=branch).siblings or ()}
    return [
        *(CommitOperationAdd(each, str(plan.folder / each)) for each, _ in plan.files),
        *(CommitOperationDelete(each) for each in sorted(there - names) if belongs(each)),
    ]
