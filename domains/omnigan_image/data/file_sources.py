"""Image files: in folders, and in zip and tar archives, which are never unpacked to disk."""

from __future__ import annotations

import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from omnigan.datasets.files import require_files
from omnigan.errors import UserError
from omnigan.walk import printable
from omnigan_image.data.collection import Collection, UnreadableImage, most_bytes

__all__ = ["ENDINGS", "member_of", "open_archive", "open_files"]

ENDINGS = frozenset(
    (
        *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".gif"),
        *(".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"),
    )
)
_MOST_BYTES = 2**28

Archive = Literal["zip", "tar"]


@contextmanager
def open_files(
    files: Sequence[tuple[str, Path]], ignored: Counter[str], source: str
) -> Iterator[Collection]:
    """Give image files ``(name, file)``.

    Raises:
        UserError: There are none.
    """
    require_files(len(files), ignored, source, "image", ENDINGS)
    yield Collection([name for name, _ in files], lambda place: files[place][1], None, ignored)


@contextmanager
def open_archive(path: Path, kind: Archive, max_pixels: int) -> Iterator[Collection]:
    """Give the images of an archive: of zip sorted by name, of tar in the order they lie in it.

    Raises:
        UserError: It is damaged, or holds no image file.
    """
    with _MEMBERS[kind](path) as members:
        yield _collection(members, path, max_pixels)


def member_of(path: Path, kind: Archive, name: str) -> tuple[str, bytes] | None:
    """Return the path and the content of a file in an archive, None if there is no such file.

    Args:
        path: The archive.
        kind: What it is; a tar archive may be compressed.
        name: The file's path in it, or the end of it if that is the end of one file alone: many
            archives hold a single folder with everything in it.

    Raises:
        UserError: The archive or the file is damaged.
    """
    with _MEMBERS[kind](path) as members:
        there = {"/".join(_parts(member)): member for member in members}
        ends = [place for place in there if place.endswith(f"/{name}")]
        place = name if name in there else ends[0] if len(ends) == 1 else None
        if place is None:
            return None
        try:
            return place, there[place].read(_MOST_BYTES)
        except UnreadableImage as error:
            raise UserError(f"data.labels: '{path}/{place}': {error}") from error


@contextmanager
def _in_zip(path: Path) -> Iterator[list[_Member]]:
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error
    with archive:
        yield [
            _Member(item.filename, item.file_size, lambda item=item: archive.open(item))  # type: ignore[misc]
            for item in sorted(archive.infolist(), key=lambda item: item.filename)
            if not item.is_dir()
        ]


@contextmanager
def _in_tar(path: Path) -> Iterator[list[_Member]]:
    try:
        archive = tarfile.open(path)  # noqa: SIM115 - closed below
    except (OSError, EOFError, tarfile.TarError) as error:
        raise _damaged(path, error) from error
    with archive:
        try:
            members = [
                _Member(item.name, item.size, lambda item=item: archive.extractfile(item))  # type: ignore[misc]
                for item in archive
                if item.isreg()  # links and devices could lead out of the archive
            ]
        except Exception as error:  # of the decompressor, which may be any of several
            raise _damaged(path, error) from error
        yield members


_MEMBERS: Mapping[Archive, Callable[[Path], AbstractContextManager[list[_Member]]]] = {
    "zip": _in_zip,
    "tar": _in_tar,
}


@dataclass(frozen=True)
class _Member:
    """A file in an archive: its name, its size in bytes and how to open it."""

    name: str
    size: int
    open: Callable[[], IO[bytes] | None]

    def read(self, limit: int) -> bytes:
        """Return the content, but never more than the limit, whatever the archive claims."""
        if self.size > limit:
            raise UnreadableImage(f"it is larger than {limit / 1e6:.0f} MB")
        try:
            opened = self.open()
            assert opened is not None  # a regular file
            with opened:
                return opened.read(self.size)
        except Exception as error:  # encrypted, damaged, an unknown compression
            raise UnreadableImage(f"it cannot be unpacked: {error}") from error


def _collection(members: Sequence[_Member], path: Path, max_pixels: int) -> Collection:
    """Name members by their paths without ``..`` and the like; none is ever written to disk."""
    kept: list[_Member] = []
    names: list[str] = []
    ignored: Counter[str] = Counter()
    for member in members:
        parts = _parts(member)
        if not parts:
            continue
        ending = PurePosixPath(parts[-1]).suffix.lower()
        if ending in ENDINGS:
            names.append(printable("/".join(parts)))
            kept.append(member)
        else:
            ignored[ending or "no ending"] += 1
    require_files(len(kept), ignored, str(path), "image", ENDINGS)
    limit = most_bytes(max_pixels)
    return Collection(names, lambda place: kept[place].read(limit), None, ignored)


def _parts(member: _Member) -> list[str]:
    """Return the parts of a member's path, without ``..``; none of what no one means to find."""
    parts = PurePosixPath(member.name.replace("\\", "/")).parts
    named = [part for part in parts if part not in ("/", "..")]
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in named)
    return [] if hidden else named


def _damaged(path: Path, error: Exception) -> UserError:
    return UserError(f"data.source: '{path}' is a damaged archive ({error}); make it again")
