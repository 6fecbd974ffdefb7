"""Folders and archives of image files."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from omnigan.errors import UserError
from omnigan_image.data.collection import UnreadableImage
from omnigan_image.data.file_sources import open_archive

Make = Callable[..., Any]
LIMIT = 1000


def written(path: Path, files: dict[str, bytes]) -> Path:
    """Write an archive of the kind that its name says."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path
    with tarfile.open(path, f"w:{path.suffix[1:].replace('tar', '')}") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def opened(path: Path) -> Any:
    return open_archive(path, "zip" if path.suffix == ".zip" else "tar", LIMIT)


ARCHIVES = ["x.zip", "x.tar", "x.tar.gz", "x.tar.bz2", "x.tar.xz"]


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_give_what_was_put_in(tmp_path: Path, name: str) -> None:
    files = {"a/1.png": b"one", "a/2.txt": b"", "b/3.jpg": b"three", "__MACOSX/a/1.png": b"mac"}
    before = sorted(tmp_path.iterdir())
    with opened(written(tmp_path / name, {**files, ".h.png": b"hidden"})) as found:
        assert found.names == ["a/1.png", "b/3.jpg"]
        assert [found.read(n) for n in (0, 1, 0)] == [b"one", b"three", b"one"]
        assert found.ignored == Counter({".txt": 1})
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / name])


@pytest.mark.parametrize("name", ["x.zip", "x.tar"])
def test_names_that_lead_elsewhere_are_only_names(tmp_path: Path, name: str) -> None:
    files = {"../../etc/a.png": b"1", "/abs/b.png": b"2", "w\\in\\c.png": b"3"}
    with opened(written(tmp_path / name, files)) as found:
        assert sorted(found.names) == ["abs/b.png", "etc/a.png", "w/in/c.png"]
        assert sorted(found.read(n) for n in range(3)) == [b"1", b"2", b"3"]


def test_links_in_a_tar_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            entry = tarfile.TarInfo("link.png")
            entry.type, entry.linkname = kind, str(secret)
            archive.addfile(entry)
    with pytest.raises(UserError, match="no image file"), opened(tmp_path / "x.tar"):
        pass


@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz"])
def test_a_member_larger_than_any_image_is_not_unpacked(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, {"bomb.png": bytes(2_000_000), "ok.png": b"ok"})
    with opened(path) as found:
        with pytest.raises(UnreadableImage, match="larger than 1 MB"):
            found.read(0)
        assert found.read(1) == b"ok"


def test_a_zip_that_lies_about_a_size_is_stopped_at_the_limit(tmp_path: Path) -> None:
    path = written(tmp_path / "x.zip", {"bomb.png": bytes(3_000_000)})
    size = struct.pack("<I", 3_000_000)
    content = path.read_bytes()
    assert content.count(size) == 2
    path.write_bytes(content.replace(size, struct.pack("<I", 10)))
    with opened(path) as found, suppress(UnreadableImage):
        assert len(found.read(0)) <= 10


@pytest.mark.parametrize("name", ARCHIVES)
def test_damaged_archives_are_named(tmp_path: Path, name: str) -> None:
    files = {f"{n}.png": bytes(range(256)) * 40 for n in range(4)}
    path = written(tmp_path / name, files)
    whole = path.read_bytes()
    for cut in (1, len(whole) // 2):
        path.write_bytes(whole[:cut])
        with pytest.raises(UserError, match="is a damaged archive"), opened(path):
            pass


def test_one_damaged_member_is_one_unreadable_image(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.png", b"first image")
        archive.writestr("b.png", b"other image")
    path.write_bytes(path.read_bytes().replace(b"first image", b"fjrst image"))
    with opened(path) as found:
        with pytest.raises(UnreadableImage, match="cannot be unpacked: Bad CRC"):
            found.read(0)
        assert found.read(1) == b"other image"
