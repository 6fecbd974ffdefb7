"""Folders, names and values that cannot be what they should, and what is found in their place."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from omnigan.datasets.label_table import read_label_table
from omnigan.engine.runfolder import RunFolder
from omnigan.errors import UserError
from omnigan.paths import user_path
from omnigan.plugins import load_domain
from omnigan.recipe.load import load_recipe
from omnigan.walk import walk


def test_a_run_that_was_killed_in_its_first_file_can_be_started_again(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    (folder.path / ".recipe.yaml.tmp").write_text("half a rec")
    folder.create()
    with folder.locked():
        assert [path.name for path in folder.path.iterdir()] == [".lock"]
    (folder.path / "mine.txt").touch()
    with pytest.raises(UserError, match="not empty"):
        folder.create()


def test_links_that_nobody_may_follow_are_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").touch()
    (tmp_path / "b.txt").touch()
    stat = os.stat

    def refused(path: Any, *args: Any, **options: Any) -> os.stat_result:
        if str(path).endswith("b.txt"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, *args, **options)

    monkeypatch.setattr(os, "stat", refused)
    assert [path.name for path in walk(tmp_path)] == ["a.txt"]


@pytest.mark.parametrize("text", ["a\0b", "x" * 5000, "~nobody-at-all/x", "\ud800"])
def test_what_can_be_no_path_is_a_mistake(text: str) -> None:
    with pytest.raises(UserError, match=r"^data\.source: '.*cannot be opened"):
        user_path(text, "data.source")


def test_what_is_not_there_is_for_others_to_say(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("file", "absent", "file/below"):
        assert user_path(str(tmp_path / name), "data.source") == tmp_path / name


@pytest.mark.parametrize("domain", ["audio", "image", "music", "text"])
@pytest.mark.parametrize("key", ["source", "labels"])
@pytest.mark.parametrize("text", ["a\0b", "x" * 5000, "~nobody-at-all/x"])
def test_every_domain_says_so(domain: str, key: str, text: str, tmp_path: Path) -> None:
    kind = load_domain(domain)
    (tmp_path / "a.txt").write_text("a b\nc d\n")
    data = {"source": str(tmp_path), key: text}
    with pytest.raises(UserError):
        kind(kind.Config.model_validate({"data": data})).resolve()


def test_a_table_of_labels_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnigan.datasets.label_table._MOST_BYTES", 2**20)
    with pytest.raises(UserError, match="too large to be a table"):
        read_label_table(Path("/dev/zero"), "label", ["none"])


def test_values_that_are_nested_too_deeply_are_a_mistake() -> None:
    deep: Any = 1
    for _ in range(sys.getrecursionlimit()):  # which some libraries raise
        deep = {"a": deep}
    with pytest.raises(UserError, match="nested too deeply"):
        load_recipe({"domain": "image", "data": deep})
