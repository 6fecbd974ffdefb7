"""The cache folder and its writes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from omnigan.cache import cache_folder, cache_size, write_atomically


def test_the_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / "mine"))
    assert cache_folder("a", "b") == tmp_path / "mine" / "a" / "b"
    assert not (tmp_path / "mine").exists()


def test_its_size_is_that_of_all_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / "mine"))
    assert cache_size() == 0
    write_atomically(cache_folder("a", "b"), bytes(100))
    write_atomically(cache_folder("c"), bytes(23))
    cache_folder("link").symlink_to(tmp_path, target_is_directory=True)
    assert 123 <= cache_size() < 123 + 4096, "what links lead to is elsewhere"


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "{home}/.cache/omnigan/x"),
        ("linux", {"XDG_CACHE_HOME": "/elsewhere"}, "/elsewhere/omnigan/x"),
        ("darwin", {}, "{home}/Library/Caches/omnigan/x"),
        ("win32", {}, "{home}/AppData/Local/omnigan/Cache/x"),
    ],
)
def test_otherwise_it_is_where_the_platform_keeps_caches(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    variables: dict[str, str],
    expected: str,
) -> None:
    for name in ("OMNIGAN_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert cache_folder("x") == Path(expected.format(home=tmp_path))


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("OMNIGAN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert write_atomically(cache_folder("x"), b"content") is False


def test_a_write_replaces_the_file_whole_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "file"
    assert write_atomically(path, b"one")
    assert write_atomically(path, b"other")
    assert path.read_bytes() == b"other"
    assert os.listdir(path.parent) == ["file"]


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    assert write_atomically(path, b"old")

    def fail(source: str, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    assert write_atomically(path, b"new") is False
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]
