"""Texts as files."""

from __future__ import annotations

from pathlib import Path

from omnigan_text.render import render, render_overview


def test_a_file_for_each_text(tmp_path: Path) -> None:
    texts = ["Return the file.", "", "naïve 你好\n\tsecond\r line", "  spaces  "]
    artifacts = render(texts, tmp_path)
    assert [artifact.path.name for artifact in artifacts] == [f"00{n}.txt" for n in range(4)]
    assert {artifact.kind for artifact in artifacts} == {"text"}
    read = [artifact.path.read_bytes().decode() for artifact in artifacts]
    assert read == [f"{text}\n" for text in texts]


def test_names_sort_in_order(tmp_path: Path) -> None:
    artifacts = render(["x"] * 1001, tmp_path)
    names = [artifact.path.name for artifact in artifacts]
    assert sorted(names) == names
    assert len(set(names)) == 1001


def test_the_overview_has_every_text_numbered(tmp_path: Path) -> None:
    texts = ["one", "", "two\nlines", "one", *"abcdef"]
    (artifact,) = render_overview(texts, tmp_path)
    assert (artifact.path, artifact.kind) == (tmp_path / "samples.txt", "text")
    lines = artifact.path.read_text(encoding="utf-8").split("\n")
    assert lines[:6] == [" 1  one", " 2  (empty)", " 3  two", "    lines", " 4  one", " 5  a"]
    assert lines[-2:] == ["10  f", ""]


def test_labels_are_headings(tmp_path: Path) -> None:
    (artifact,) = render_overview(["a", "b", "c", "d"], tmp_path, ("cold", "warm"))
    assert artifact.path.read_text() == "cold:\n1  a\n2  b\n\nwarm:\n3  c\n4  d\n"
    (artifact,) = render_overview(["a", "b", "c"], tmp_path, ("cold", "warm"))
    assert artifact.path.read_text() == "1  a\n2  b\n3  c\n"


def test_what_cannot_be_printed_is_escaped(tmp_path: Path) -> None:
    (artifact,) = render_overview(["a\x1b[31m\u202eb\t\u3000c\r\ufffd"], tmp_path)
    assert artifact.path.read_text() == "1  a\\x1b[31m\\u202eb\t\u3000c\\r\ufffd\n"
