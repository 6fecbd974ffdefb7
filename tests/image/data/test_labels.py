"""Labels from folders, CSV files and the source itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omnigan.errors import UserError
from omnigan_image.data.labels import labeller
from omnigan_image.data.sources import find

Make = Callable[..., Any]


@pytest.fixture
def labels(config: Make, photos: Path) -> Callable[..., Any]:
    """Return the labels that images of these names get."""

    def ask(*names: str, **settings: Any) -> Any:
        return labeller(config(photos, **settings), find(str(photos)), [])(names, None)

    return ask


def test_a_table(labels: Make, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("file,kind\na/x.png,1\ny.png,2\nz,1\n")
    found = labels(
        "a/x.png", "b/y.png", "c/z.jpg", "no.png", labels=str(table), label_column="kind"
    )
    assert found == ["1", "2", "1", None]
    with pytest.raises(UserError, match=r"label_column: .* no column 'label', only file, kind"):
        labels("a.png", labels=str(table))


def test_a_table_in_the_source_is_found(
    labels: Make, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (photos / "labels.csv").write_text("file,label\na/0.png,x\n1.png,y\n")
    for written in ("auto", "labels.csv", str(photos / "labels.csv")):
        assert labels("a/0.png", "b/1.png", labels=written) == ["x", "y"]
    Path("labels.csv").write_text("file,label\n0,here\n")
    assert labels("a/0.png", labels="labels.csv") == ["here"], "where it is written comes first"
    assert labels("a/0.png", labels="auto") == ["x"]


def test_a_table_that_nobody_reads_is_another_file(photos: Path) -> None:
    (photos / "labels.csv").write_text("file,label\n")
    (photos / "kinds.csv").write_text("file,label\n")

    def ignored(labels: str) -> int:
        return find(str(photos), labels).ignored[".csv"]

    assert [ignored(each) for each in ("none", "folder", "auto", "kinds.csv")] == [2, 2, 1, 1]


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize("top", ["", "photos/"])
def test_a_table_in_an_archive_is_found(config: Make, tmp_path: Path, kind: str, top: str) -> None:
    tree = tmp_path / "tree"
    root = tree / top
    for name in ("cat/1.png", "dog/1.png", "dog/2.png", "3.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"a picture")
    (root / "labels.csv").write_text("file,label\ncat/1.png,c\ndog/1.png,d\n2.png,d\n3,c\n")
    made = Path(shutil.make_archive(str(tmp_path / "pictures"), kind, tree))
    found = find(str(made))
    names = [f"{top}{name}" for name in ("cat/1.png", "dog/1.png", "dog/2.png", "3.png")]
    for written in ("auto", "labels.csv"):
        given = labeller(config(made, labels=written), found, [])(names, None)
        assert given == ["c", "d", "d", "c"]
    with pytest.raises(UserError, match=r"cannot read 'other\.csv'"):
        labeller(config(made, labels="other.csv"), found, [])


def test_words_that_do_not_suit_the_source(labels: Make, config: Make, folder: Make) -> None:
    assert labels("a.png", labels="none") == [None]
    assert labels("cat/1.png", "dog/2.png", labels="folder") == ["cat", "dog"]
    with pytest.raises(UserError, match=r"bring no labels of their own; write 'folder'"):
        labels("a.png", labels="auto")
    with pytest.raises(
        UserError, match=r"Did you mean 'folder'\? It must be 'none', 'folder', 'au"
    ):
        labels("a.png", labels="folders")
    root = folder({"x-images-idx3-ubyte": b"\0\0\x08\x03"}, "idx")
    with pytest.raises(UserError, match="has no folders of images; write auto"):
        labeller(config(root, labels="folder"), find(str(root)), [])
