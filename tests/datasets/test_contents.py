"""Contents of files are told by hashes, which are remembered only as long as they are right."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from omnigan.datasets import contents as module
from omnigan.datasets.contents import Contents, contents_of

Look = Callable[[], Contents]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember hashes of files that were written just now."""
    monkeypatch.setattr(module, "_SETTLED", -(10**10))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file a of 1,000 bytes 1 and a file b of 1,000 bytes 2."""
    below = tmp_path / "data"
    below.mkdir()
    (below / "a").write_bytes(bytes([1]) * 1000)
    (below / "b").write_bytes(bytes([2]) * 1000)
    return below


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows with the name of every file that is read."""
    seen: list[str] = []
    hash_of = module.sha256_of

    def spy(path: Path) -> str:
        seen.append(path.name)
        return hash_of(path)

    monkeypatch.setattr(module, "sha256_of", spy)
    return seen


def look(folder: Path) -> Contents:
    return contents_of(folder, [(name, folder / name) for name in sorted(os.listdir(folder))])


def expected(folder: Path) -> list[str]:
    files = [folder / name for name in sorted(os.listdir(folder))]
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def tick() -> None:
    """Wait until the clock of the file system has gone on."""
    time.sleep(0.02)


def test_hashes_are_those_of_the_contents_beside_the_names(folder: Path) -> None:
    found = look(folder)
    assert found.hashes == expected(folder)
    assert found.identity == [list(pair) for pair in zip("ab", expected(folder), strict=True)]


@pytest.mark.usefixtures("_at_once")
def test_what_is_remembered_is_not_read_again(folder: Path, read: list[str]) -> None:
    first = look(folder)
    assert look(folder).identity == first.identity
    (folder / "c").write_bytes(b"new")
    assert look(folder).hashes == expected(folder)
    assert read == ["a", "b", "c"]


@pytest.mark.usefixtures("_at_once")
def test_a_file_with_its_old_size_and_date_but_other_content_is_read_again(folder: Path) -> None:
    look(folder)
    file = folder / "a"
    status = file.stat()
    tick()
    with file.open("r+b") as opened:  # the same file, in place
        opened.write(bytes([3]) * 1000)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    now = file.stat()
    same = ("st_size", "st_ino", "st_mtime_ns")
    assert [getattr(now, name) for name in same] == [getattr(status, name) for name in same]
    assert look(folder).hashes == expected(folder)


@pytest.mark.usefixtures("_at_once")
def test_files_that_were_copied_moved_or_touched_have_the_same_identity(
    folder: Path, tmp_path: Path
) -> None:
    first = look(folder)
    copied = shutil.copytree(folder, tmp_path / "copied")
    assert look(copied).identity == first.identity
    os.utime(folder / "a", ns=(0, 1))
    assert look(folder).identity == first.identity
    assert look(folder.rename(tmp_path / "moved")).identity == first.identity
    (copied / "a").rename(copied / "c")
    assert look(copied).identity != first.identity, "labels may be made of names"


def test_what_was_written_just_now_is_not_remembered(folder: Path, read: list[str]) -> None:
    look(folder)
    look(folder)
    assert read == ["a", "b", "a", "b"], "it could change again without another time"


@pytest.mark.usefixtures("_at_once")
def test_a_part_of_a_source_does_not_make_the_others_forgotten_unless_they_are_gone(
    folder: Path, read: list[str], tmp_path: Path
) -> None:
    look(folder)
    (folder / "a").unlink()
    (folder / "c").write_bytes(b"new")
    contents_of(folder, [("c", folder / "c")])
    look(folder)
    assert read == ["a", "b", "c"]
    (memory,) = (tmp_path / "cache" / "hashes").iterdir()
    assert str(folder / "b") in memory.read_text()
    assert str(folder / "a") not in memory.read_text()


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", None])
def test_a_damaged_memory_costs_only_time(
    folder: Path, read: list[str], tmp_path: Path, damage: bytes | None
) -> None:
    look(folder)
    (memory,) = (tmp_path / "cache" / "hashes").iterdir()
    whole = memory.read_bytes()
    memory.write_bytes(whole.replace(b"0", b"1") if damage is None else damage)
    assert look(folder).hashes == expected(folder)
    assert read == ["a", "b", "a", "b"]
    assert memory.read_bytes() == whole


def test_what_cannot_be_read_has_no_hash_and_is_not_waited_for(folder: Path) -> None:
    (folder / "nowhere").symlink_to(folder / "missing")
    os.mkfifo(folder / "pipe")
    found = look(folder)
    assert found.identity[2:] == [["nowhere", None], ["pipe", None]]
    (folder / "missing").write_bytes(b"there")
    assert not found.unchanged()


def test_changes_since_are_noticed(folder: Path) -> None:
    found = look(folder)
    assert found.unchanged()
    status = (folder / "b").stat()
    tick()
    (folder / "b").write_bytes(bytes([4]) * 1000)
    os.utime(folder / "b", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert not found.unchanged()


def test_without_a_cache_files_are_read_each_time(
    folder: Path, read: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNIGAN_CACHE", str(folder / "a"))
    assert look(folder).hashes == look(folder).hashes == expected(folder)


def test_large_files_are_read_by_threads_which_tell_how_far_they_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SOON", 1)
    told: list[tuple[str, int, int]] = []
    found = contents_of(
        folder, [("", folder / "b"), ("", folder / "a")], lambda *args: told.append(args)
    )
    assert found.hashes == expected(folder)[::-1]
    assert told == [("comparing files", 2, 2)]
