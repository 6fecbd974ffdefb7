"""The sample folders of a run, and what of them fits into a page.

A domain may write any files. Those whose name is a number (``003.png``, ``003.wav``) belong to one
example each; all others are overviews.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

from omnigan.engine.runfolder import step_folders
from omnigan.report.media import Embedded, embed, estimate, kind_of, sound_seconds

__all__ = ["SECONDS", "Group", "Item", "Look", "Samples", "choose_steps"]

MOST_STEPS = 25
MOST_EXAMPLES = 24
MOST_FILES = 400  # of a folder that are looked at
SECONDS = 30
"""Of new sound in a page that is not to take long: encoding takes time. Others are linked to."""

MARKUP = 400
"""Bytes around each file in the page, rather too many."""

T = TypeVar("T")


@dataclass(frozen=True)
class Item:
    """A file, and what the page holds of it (None: a link)."""

    path: Path
    content: Embedded | None


@dataclass(frozen=True)
class Group:
    """Files that belong together: an example, or the overviews.

    Attributes:
        name: "1" for the first example, "" for overviews.
        items: The files.
    """

    name: str
    items: Sequence[Item]


@dataclass(frozen=True)
class Look:
    """The samples of a step, or the real examples.

    Attributes:
        step: None for the real examples.
        groups: Overviews first.
        more: Examples of the folder that the page does not mention one by one.
    """

    step: int | None
    groups: Sequence[Group]
    more: int = 0


@dataclass(frozen=True)
class _Folder:
    """A folder of samples: the step, and its files in groups."""

    step: int | None
    groups: Sequence[tuple[str, Sequence[Path]]]

    @classmethod
    def read(cls, path: Path, step: int | None) -> _Folder:
        found = (
            each for each in path.iterdir() if each.is_file() and not each.name.startswith(".")
        )
        # Overviews first: they are not what a cut should hit.
        files = sorted(found, key=lambda each: (each.stem.isdecimal(), each.name))[:MOST_FILES]
        examples: dict[str, list[Path]] = {}
        for file in files:
            stem = file.stem if file.stem.isdecimal() and file.stem.isascii() else ""
            examples.setdefault(stem, []).append(file)
        names = sorted(examples, key=lambda stem: int(stem or -1))
        return cls(step, [(str(int(n) + 1) if n else "", examples[n]) for n in names])


class Samples:
    """Reads the sample folders of a run; what was encoded once is kept for the next page.

    Args:
        folder: ``samples/`` of a run.

    Attributes:
        steps: All steps with samples.
        looks: Those of the page, ascending; empty before :meth:`update`.
        real: The real examples, if there are any.
        seconds: Of sound that an update may encode anew, and at least one sound.
        closest: Generated beside training examples, of the last evaluation, if there are any.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps: list[int] = []
        self.looks: list[Look] = []
        self.real: Look | None = None
        self.seconds = math.inf
        self._encoded = 0.0  # seconds of sound in this update
        self.closest: Look | None = None
        self._embedded = _Memory(embed)
        self._costs = _Memory(estimate)

    def update(self, room: int) -> None:
        """Choose steps and files anew, and embed what is not embedded yet.

        Args:
            room: How many bytes of the page there are for it.
        """
        there = step_folders(self.folder)
        found = {step: path for step, path in there.items() if _is_folder(path)}
        self.steps = list(found)
        self._embedded.turn()
        self._encoded = 0.0
        self.closest, used = self._pairs(room)
        room -= used
        folders, groups = self._plan(found, room)
        looks: dict[int | None, Look] = {}
        for folder in _by_importance(folders):
            look, used = self._embed(folder, groups, room)
            looks[folder.step] = look
            room -= used
        self.real = looks.pop(None, None)
        self.looks = [looks[step] for step in sorted(step for step in looks if step is not None)]

    def _pairs(self, room: int) -> tuple[Look | None, int]:
        folder = self.folder / "closest"
        if not _is_folder(folder):
            return None, 0
        return self._embed(_Folder.read(folder, None), 1, room)

    def _plan(self, found: Mapping[int, Path], room: int) -> tuple[list[_Folder], int]:
        """Return folders, and how many groups of each fit: of all the same examples."""
        real = self.folder / "real"
        extra = [_Folder.read(real, None)] if _is_folder(real) else []
        read = cache(_Folder.read)
        most = MOST_STEPS
        while True:
            steps = choose_steps(list(found), most)
            folders = [*extra, *(read(found[step], step) for step in steps)]
            groups = self._groups_that_fit(folders, room)
            if groups or len(steps) <= 2:
                return folders, max(groups, 1)
            most = len(steps) - 1

    def _groups_that_fit(self, folders: Sequence[_Folder], room: int) -> int:
        longest = max((len(folder.groups) for folder in folders), default=0)
        for number in range(min(longest, MOST_EXAMPLES + 1)):
            for folder in folders:
                for path in folder.groups[number][1] if number < len(folder.groups) else ():
                    room -= MARKUP + (0 if kind_of(path) == "other" else self._costs.of(path))
            if room < 0:
                return number
        return longest

    def _embed(self, folder: _Folder, groups: int, room: int) -> tuple[Look, int]:
        """Embed so many groups of a folder; return it and the bytes it takes."""
        used = 0
        made = []
        for number, (name, paths) in enumerate(folder.groups[: MOST_EXAMPLES + 1]):
            items = []
            for path in paths:
                content = self._content(path) if number < groups else None
                if content and used + len(content) + MARKUP > room:
                    content = None
                used += MARKUP + len(content or "")
                items.append(Item(path, content))
            made.append(Group(name, items))
        return Look(folder.step, made, len(folder.groups) - len(made)), used

    def _content(self, path: Path) -> Embedded | None:
        """Return what the page holds of a file; None: it is linked to, for now or always."""
        if kind_of(path) == "audio" and not self._embedded.knows(path):
            length = sound_seconds(path)
            if self._encoded and self._encoded + length > self.seconds:
                return None
            self._encoded += length
        return self._embedded.of(path)


class _Memory(Generic[T]):
    """What a function made of files, as long as they do not change."""

    def __init__(self, make: Callable[[Path], T]) -> None:
        self.make = make
        self._now: dict[Path, tuple[tuple[int, int], T]] = {}
        self._before: dict[Path, tuple[tuple[int, int], T]] = {}

    def knows(self, path: Path) -> bool:
        known = self._now.get(path) or self._before.get(path)
        return known is not None and known[0] == _stamp(path)

    def of(self, path: Path) -> T:
        known = self._now.get(path) or self._before.get(path)
        stamp = _stamp(path)
        if known is None or known[0] != stamp:
            known = stamp, self.make(path)
        self._now[path] = known
        return known[1]

    def turn(self) -> None:
        """Begin anew: what is not asked for until the next turn is forgotten."""
        self._before, self._now = self._now, {}


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _by_importance(folders: Sequence[_Folder]) -> Iterator[_Folder]:
    """Yield the last step, the real examples, then the other steps from the first on."""
    steps = [folder for folder in folders if folder.step is not None]
    yield from steps[-1:]
    yield from (folder for folder in folders if folder.step is None)
    yield from steps[:-1]


def choose_steps(steps: Sequence[int], most: int) -> list[int]:
    """Return the first, the last and evenly spaced steps between, at most so many.

    The distance doubles when they get too many: a step that is left out as a run goes on does not
    come back, and one that stays was there before.

    Args:
        steps: Ascending.
        most: At least 2.
    """
    stride = 1
    while True:
        chosen = list(steps[::stride])
        if steps and chosen[-1] != steps[-1]:
            chosen.append(steps[-1])
        if len(chosen) <= most or stride >= len(steps):
            return chosen
        stride *= 2


def _is_folder(path: Path) -> bool:
    # a link may lead to what nobody wants to share
    return path.is_dir() and not path.is_symlink()
