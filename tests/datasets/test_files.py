"""Which files a source has, and when it has too few that can be used."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from omnigan.datasets.files import (
    check_readable,
    files_below,
    no_such_source,
    require_files,
)
from omnigan.errors import UserError
from omnigan.walk import oddity, walk

KNOWN = frozenset((".png", ".tif", ".jpeg"))


def written(root: Path, names: Iterable[str]) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def test_files_of_any_depth_are_found_in_the_order_of_their_names(tmp_path: Path) -> None:
    hidden = (".hidden.png", "._b.png", ".git/x.png")
    others = ("notes.txt", "more.TXT", "LICENSE", "labels.csv", "deep/labels.csv")
    root = written(tmp_path, ("b.PNG", "deep/er/a.jpeg", "deep/c.tif", *others, *hidden))
    files, ignored = files_below(root, KNOWN, root / "deep" / ".." / "labels.csv")
    assert [name for name, _ in files] == ["b.PNG", "deep/c.tif", "deep/er/a.jpeg"]
    assert [file for _, file in files] == [root / name for name, _ in files]
    # That of the folder itself is the table of labels.
    assert ignored == {".txt": 2, "no ending": 1, ".csv": 1}
    assert files_below(root, KNOWN)[1][".csv"] == 2


def test_links_that_go_round_in_circles_end(tmp_path: Path) -> None:
    root = written(tmp_path, ["deep/a.png"])
    (root / "deep" / "up").symlink_to(root, target_is_directory=True)
    assert [name for name, _ in files_below(root, KNOWN)[0]] == ["deep/a.png"]


def test_what_is_no_file_is_found_if_it_is_called_like_one(tmp_path: Path) -> None:
    root = written(tmp_path, ["a.png"])
    for ending in ("png", "txt"):
        (root / f"nowhere.{ending}").symlink_to(root / "missing.png")
    (root / "itself.png").symlink_to("itself.png")
    (root / "link.png").symlink_to("a.png")
    os.mkfifo(root / "pipe.png")
    files, ignored = files_below(root, KNOWN)
    assert {name: oddity(file) for name, file in files} == {
        "a.png": "",
        "itself.png": "it is a link to itself",
        "link.png": "",
        "nowhere.png": "it is a link to nowhere",
        "pipe.png": "it is no regular file",
    }
    assert not ignored
    assert {file.name for file in walk(root)} == {"a.png", "link.png"}


def test_nothing_found_says_what_else_lies_there() -> None:
    ignored = Counter({".txt": 2, ".heic": 1})
    require_files(1, ignored, "x", "image", KNOWN)
    with pytest.raises(UserError, match=r"no image file in 'x' .* only 2 \.txt, 1 \.heic"):
        require_files(0, ignored, "x", "image", KNOWN)


def test_more_than_half_must_be_readable() -> None:
    check_readable(["a", "b"], {0: "why"}, "x", "clip")
    with pytest.raises(UserError, match=r"2 of 3 clips in 'x' cannot be read \(a: why; c: how\)"):
        check_readable(["a", "b", "c"], {0: "why", 2: "how"}, "x", "clip")
    with pytest.raises(UserError, match=r"no clip in 'x' can be read \(a: why\)"):
        check_readable(["a"], {0: "why"}, "x", "clip")


@pytest.mark.parametrize(
    ("source", "below"), [("birds", True), ("a/b", True), ("~/birds", False), ("/no/birds", False)]
)
def test_a_source_that_is_nowhere_is_told_with_where_it_was_looked_for(
    source: str, below: bool
) -> None:
    text = str(no_such_source(source, ["mnist"], "a folder"))
    where = f" below {Path.cwd()}" if below else ""
    assert text.startswith(f"data.source: there is no file or folder '{source}'{where}. Write ")
