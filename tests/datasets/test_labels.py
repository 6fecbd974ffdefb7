"""Labels from folders, and numbers for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from omnigan.datasets.label_table import look_up_labels, read_label_table
from omnigan.datasets.labels import chosen_names, folder_labels, label_names, label_numbers
from omnigan.errors import UserError


def test_folders() -> None:
    def folders(*names: str) -> Any:
        return folder_labels(names)

    assert folders("cat/1.png", "dog/2.png", "dog/x/3.png") == ["cat", "dog", "dog"]
    assert folders("cat/1.png", "2.png") == ["cat", "other"]
    assert folders("set/train/cat/1.png", "set/train/dog/2.png") == ["cat", "dog"]
    assert folders("set/cat/1.png", "set/2.png") == ["cat", "other"]
    assert folders("cat/1.png", "cat/2.png") == ["cat", "cat"]
    assert folders("1.png", "2.png") == ["other", "other"]


def test_names_are_in_a_sensible_order() -> None:
    assert label_names(["10", "9", None, "9", "b", "a", "01"]) == ("01", "9", "10", "a", "b")
    many, more = "1" * 5000, "2" * 5000
    assert label_names([more, many, "000", "0", "7"]) == ("0", "000", "7", many, more)


def test_wanted_names_come_first_and_must_occur() -> None:
    assert chosen_names(None, ["b", None, "a"], "clip") == ("a", "b")
    assert chosen_names(["b", "x"], ["b", "a"], "clip") == ("b", "x")
    with pytest.raises(UserError, match="no clip has the label x; there are a, b"):
        chosen_names(["x"], ["b", "a"], "clip")
    assert label_numbers(["a", None, "b", "c"], ["b", "a"]).tolist() == [1, -1, 0, -1]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_tables_of_any_spreadsheet(tmp_path: Path, mark: str) -> None:
    table = tmp_path / "labels.csv"
    rows = ("file", "label"), ("a.png", "left, or so"), ("b.png", "right")
    text = "\r\n".join(
        mark.join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows
    )
    table.write_text(text, encoding="utf-8-sig")
    assert read_label_table(table, "label", ()) == {"a.png": "left, or so", "b.png": "right"}


def test_a_name_of_several_files_is_refused_with_their_paths() -> None:
    def ask(names: list[str], *rows: str) -> Any:
        return look_up_labels(dict.fromkeys(rows, "x"), names, Path("t.csv"), "an image", [])

    names = ["a/1.png", "b/1.png", "b/1.jpg", "b/2.png", "c/2.png"]
    with pytest.raises(
        UserError, match=r"'1\.png' .* 2 files: 'a/1\.png', 'b/1\.png'\. Write paths"
    ):
        ask(names, "1.png")
    with pytest.raises(
        UserError, match=r"'1' .* 3 files: .*'b/1\.jpg'\. So may 1 other name\. Write"
    ):
        ask(names, "1", "2.png")
    assert ask(names, "a/1.png", "1.png", "1.jpg", "b/2.png") == ["x", "x", "x", "x", None]


def test_the_path_of_a_file_at_the_top_is_that_of_no_other() -> None:
    names = ["1.png", "b/1.png", "b/2"]
    table = {"1.png": "x", "2": "y"}
    assert look_up_labels(table, names, Path("t.csv"), "an image", []) == ["x", None, "y"]
