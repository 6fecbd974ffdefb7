"""Files of every kind: which texts and labels are in them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from omnigan.domain import FileExamples
from omnigan.errors import UserError
from omnigan_text.data import read_file
from omnigan_text.data.lines import read_lines
from omnigan_text.tokens import Codec

Make = Callable[..., Any]


def table(rows: list[list[str]], delimiter: str = ",") -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    return buffer.getvalue()


def labelled(loaded: Make, path: object, **settings: Any) -> tuple[list[str], set[tuple[str, str]]]:
    """Return the label names, and every text with its label."""
    data, text, texts = loaded(path, **settings)
    pairs = set()
    for split, known in zip(("train", "valid"), texts, strict=True):
        source = text.source(split)
        cond = source.read_batch(range(len(source)), torch.Generator()).cond["label"].tolist()
        pairs |= {(each, data.label_names[n]) for each, n in zip(known, cond, strict=True)}
    return list(data.label_names), pairs


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_in_any_encoding_that_says_so(write: Make, encoding: str, ending: str) -> None:
    path = write("a.txt", ending.join(["naïve 你好", "", " two\u2028lines? "]).encode(encoding))
    assert list(read_lines(path)) == ["naïve 你好\n", "\n", " two\u2028lines? "]


def test_a_table_of_labels_among_the_texts_is_found_and_no_text(
    loaded: Make, write: Make, phrases: list[str]
) -> None:
    for name, some in (("a.txt", phrases[:50]), ("b.txt", phrases[50:])):
        folder = write(name, "\n".join(some)).parent
    write("names.csv", "file,label\na,early\nb,late\n")
    names, pairs = labelled(loaded, folder, labels="names.csv", unit="line")
    assert names == ["early", "late"]
    assert pairs == {(text, names[n >= 50]) for n, text in enumerate(phrases)}


def test_blank_lines_are_counted(loaded: Make, write: Make, phrases: list[str]) -> None:
    path = write("a.txt", "\n\n".join(f"\t{phrase}  " for phrase in phrases) + "\n \n\u3000\n")
    _, text, texts = loaded(path, unit="line")
    assert sorted([*texts[0], *texts[1]]) == sorted(phrases)
    assert text.report()["blank"] == 101
    assert "Left out as blank: 101." in text.report()["summary"]


def test_paragraphs(loaded: Make, write: Make, phrases: list[str]) -> None:
    pairs = [f"{a}\n  {b}" for a, b in zip(phrases[::2], phrases[1::2], strict=True)]
    path = write("a.txt", "\n \n\n".join(f"  {a}".replace("\n", "\n  ") for a in pairs))
    data, text, texts = loaded(path)
    assert data.unit == text.report()["unit"] == "paragraph"
    assert sorted([*texts[0], *texts[1]]) == sorted(pairs), "without what all lines are indented by"
    assert loaded(path, unit="line")[0].unit == "line"
    assert len(loaded(path, unit="line")[2][0]) == 90
    code = write("code/a.py", "\n\n".join(pairs))
    assert loaded(code)[0].unit == "line", "source code has no paragraphs unless it is said"
    assert set(loaded(code, unit="paragraph")[2][0]) < set(pairs)
    spaced = write("spaced/a.txt", "\n\n".join(phrases))
    assert loaded(spaced)[0].unit == "line", "an empty line behind every line means nothing"


def test_a_folder_of_many_kinds(loaded: Make, write: Make, phrases: list[str]) -> None:
    write("a.txt", "\n".join(phrases[:20]))
    write("b/c.py", "\n".join(phrases[20:40]))
    write("b/d.jsonl", "\n".join(json.dumps({"text": each}) for each in phrases[40:60]))
    write("e.ndjson", "\n".join(map(json.dumps, phrases[60:80])))
    write("f.csv", table([["text"], *([each] for each in phrases[80:90])]))
    folder = write("g.tsv", table([["text"], *([each] for each in phrases[90:])], "\t")).parent
    write("h.png", b"\x89PNG")
    _, text, texts = loaded(folder)
    assert sorted([*texts[0], *texts[1]]) == sorted(phrases)
    report = text.report()
    assert report["files"] == 6
    assert report["ignored"] == {".png": 1}
    assert "100 texts from 6 files" in report["summary"][0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_of_tables(loaded: Make, write: Make, phrases: list[str], delimiter: str) -> None:
    texts = [f'{phrase}\n"so", he; said' for phrase in phrases]
    rows = [[str(n), text, "ab"[n % 2]] for n, text in enumerate(texts)]
    path = write("a.csv", table([["id", "what", "label"], *rows, ["7"], ["8", "", "a"]], delimiter))
    _, text, found = loaded(path, column="what")
    assert sorted([*found[0], *found[1]]) == sorted(texts)
    assert text.report()["blank"] == 2
    names, pairs = labelled(loaded, path, column="what", labels="column")
    assert names == ["a", "b"]
    assert pairs == {(text, label) for _, text, label in rows}
    with pytest.raises(UserError, match=r"say which column holds the text; there are id, what"):
        loaded(path)
    with pytest.raises(UserError, match=r"no column 'waht', only id, .* Did you mean 'what'\?"):
        loaded(path, column="waht")
    with pytest.raises(UserError, match=r"data\.label_column: .* line 1: there is no column 'x'"):
        loaded(path, column="what", labels="column", label_column="x")


def test_keys_of_json_lines(loaded: Make, write: Make, phrases: list[str]) -> None:
    values = [{"n": n, "what": each, "label": n % 3} for n, each in enumerate(phrases)]
    path = write(
        "a.jsonl", "\n".join(map(json.dumps, [*values, {"n": 1}, {"what": None}])) + "\n\n"
    )
    _, text, found = loaded(path)
    assert sorted([*found[0], *found[1]]) == sorted(phrases), "the only key that holds a text"
    assert text.report()["blank"] == 2
    names, pairs = labelled(loaded, path, labels="column", column="what")
    assert names == ["0", "1", "2"]
    assert ("red ball meets rain.", "0") in pairs
    with pytest.raises(
        UserError, match=r"data\.column: .*a\.jsonl, lines 1 to 102: there is no column 'x'"
    ):
        loaded(path, column="x")


def test_first_records_without_the_key_are_blank_like_later_ones(
    loaded: Make, write: Make, phrases: list[str]
) -> None:
    values = [{"id": 1}, {"what": None}, *({"id": 2, "what": each} for each in phrases), {"id": 3}]
    path = write("a.jsonl", "\n".join(map(json.dumps, values)))
    for settings in ({"column": "what"}, {}):
        _, text, found = loaded(path, **settings)
        assert sorted([*found[0], *found[1]]) == sorted(phrases)
        assert text.report()["blank"] == 3


def test_broken_lines_of_a_file_are_left_out_and_named(
    loaded: Make, write: Make, phrases: list[str]
) -> None:
    whole = [json.dumps({"text": each, "label": "a"}) for each in phrases]
    odd = ["[1]", '{"text": 3}', '{"text": "x", "label": []}', '{"text": "cut o']
    path = write("a.jsonl", "\n".join([odd[0], *whole, *odd[1:]]))
    _, text, found = loaded(path, labels="column")
    assert sorted([*found[0], *found[1]]) == sorted(phrases)
    report = text.report()
    told = next(each for each in report["summary"] if each.startswith("Unreadable: 4 lines"))
    assert "a.jsonl (line 1 holds neither a JSON object nor a string)" in told
    places = [line.split()[2].rstrip(":") for line in report["broken lines"]]
    assert places == ["1", "102", "103", "104"]
    assert report["files"] == 1
    assert report["broken"] == []


COLUMNS = {
    "a.csv": lambda phrases: table([["text", "mood", "id"], *([p, "", "7"] for p in phrases)]),
    "a.jsonl": lambda phrases: "\n".join(
        json.dumps({"text": p, **({"mood": None} if n else {}), "id": 7})
        for n, p in enumerate(phrases)
    ),
}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"labels": "mood"},
            r"data\.labels: there is no file 'mood'\. For a column of '.*' write data\.labels: "
            r"column and data\.label_column: mood\. Its columns are text, (id, mood|mood, id)\.$",
        ),
        ({"labels": "moood"}, r"label_column: NAME\. Its .*\. Did you mean 'mood'\?$"),
        ({"labels": "colum"}, r"cannot read 'colum'.* Did you mean 'column'\?"),
        (
            {"labels": "column", "label_column": "moods"},
            r"data\.label_column: .* no column 'moods'.* text, .*\. Did you mean 'mood'\?$",
        ),
        ({"labels": "column"}, r"data\.label_column: .* no column 'label'.* text, "),
        (
            {"labels": "column", "label_column": "mood"},
            r"data\.label_column: 'mood' is empty for every text",
        ),
        ({"labels": "folder"}, r"data\.labels: '.*a\.\w+' is one file, so there are no folders"),
    ],
)
def test_labels_that_a_file_does_not_have_are_answered_with_its_columns(
    loaded: Make,
    write: Make,
    phrases: list[str],
    settings: dict[str, str],
    message: str,
) -> None:
    for name, content in COLUMNS.items():
        path = write(name, content(phrases))
        with pytest.raises(UserError, match=message):
            loaded(path, column="text", **settings)


def test_plain_text_has_no_columns_of_labels(loaded: Make, write: Make, phrases: list[str]) -> None:
    for name, content in (
        ("a.txt", "\n".join(phrases)),
        ("a.jsonl", "\n".join(map(json.dumps, phrases))),
    ):
        path = write(name, content)
        with pytest.raises(UserError, match=r"data\.labels: 'column' is for .*has no columns"):
            loaded(path, labels="column")
        with pytest.raises(UserError, match=r"data\.labels: cannot read 'mood' \(No such file"):
            loaded(path, labels="mood")


def test_labels_of_folders_files_and_tables(loaded: Make, write: Make, phrases: list[str]) -> None:
    write("a/one.txt", "\n".join(phrases[:30]))
    write("a/two.txt", "\n".join(phrases[30:60]))
    root = write("b/one.txt", "\n".join(phrases[60:])).parents[1]
    names, pairs = labelled(loaded, root, labels="folder")
    assert names == ["a", "b"]
    assert {text for text, label in pairs if label == "a"} == set(phrases[:60])
    names, pairs = labelled(loaded, root, labels="file")
    assert {text for text, label in pairs if label == "two"} == set(phrases[30:60])
    names, pairs = labelled(loaded, root, labels="file", label_names=["two", "one"])
    assert names == ["two", "one"]
    names, pairs = labelled(loaded, root, labels="folder", label_names=["b"])
    assert {text for text, _ in pairs} == set(phrases[60:])

    labels = write("labels.csv", "file,label\na/one.txt,x\nb/one.txt,y\nlost,y\n")
    names, pairs = labelled(loaded, root, labels=str(labels))
    assert {text for text, label in pairs if label == "y"} == set(phrases[60:])
    _, text, _ = loaded(root, labels=str(labels))
    assert text.report()["unlabelled"] == 30
    assert text.report()["files"] == 3, "the table of labels is no text"
    assert "Left out without a wanted label: 30." in text.report()["summary"]
    assert any("1 row, lost (y)." in line for line in text.report()["summary"])
    held_out = {label: sum(each == label for _, each in pairs) for label in names}
    assert held_out == {"x": 30, "y": 40}


def test_a_label_that_is_never_trained_is_left_out(
    loaded: Make, write: Make, phrases: list[str]
) -> None:
    write("a.txt", "\n".join(phrases))
    root = write("b.txt", "\n".join(f"only {n} once" for n in range(100, 120))).parent
    data, text, _ = loaded(root, labels="file", tokenizer={"least": 3})
    assert data.label_names == ("a",)
    assert text.report()["labels"] == {"a": 90}


def test_files_for_scoring(loaded: Make, write: Make, phrases: list[str]) -> None:
    data, _, _ = loaded(write("a.txt", "\n".join(phrases)))
    mine = write("mine/x.jsonl", json.dumps({"text": phrases[3]}) + "\n" + json.dumps(phrases[4]))
    codec = Codec.of(data)

    def read_mine(path: Path) -> FileExamples:
        return read_file(path, data, codec)

    two, one = read_mine(mine).x, read_mine(write("mine/y.txt", f"\n {phrases[5]}\n\n")).x
    assert (two.shape, one.shape) == ((2, 6), (1, 6))
    assert codec.texts(torch.cat([two, one])) == phrases[3:6]
    strange = write("mine/z.txt", f"{phrases[0]}\n\nred zebra sees snow.\n")
    assert codec.texts(read_mine(strange).x) == phrases[:1], "as in training"
    four = "\n".join(f"{word} zebra sees {word}." for word in ("aa", "bb", "cc", "dd"))
    long = f"{phrases[0]} {phrases[1]}"
    read = read_mine(write("mine/l.txt", f"{phrases[0]}\n{four}\n\n{long}\n{phrases[1]}\n"))
    assert read.texts == phrases[:2]
    assert read.left_out == (
        "left out 5 of 7 texts: 4 with what is not in the vocabulary ('aa', 'bb', 'cc', ...) and 1 "
        f"that do not fit ('{long[:37]}...' has 10 tokens, and the model's texts have at most 5)."
    )
    assert not read_mine(mine).left_out
    records = [json.dumps({"text": each}) for each in (phrases[0], "half \ud800", phrases[1])]
    half = read_mine(write("mine/h.jsonl", "\n".join([*records, '{"text": "re'])))
    assert half.texts == phrases[:2]
    assert half.left_out.startswith(
        r"left out 2 of 4 texts: 1 that do not fit ('half \ud800' is not valid Unicode) and 1 that "
        "cannot be read (line 4 is not JSON: "
    )
    alone = write("mine/alone.txt", "\nred zebra sees snow.\nblue zebra sees snow.\n")
    with pytest.raises(UserError, match=r"alone\.txt, text 1: 'red .*': 'zebra' is not in the"):
        read_mine(alone)
    with pytest.raises(UserError, match=r"none\.txt: it cannot be read: No such file"):
        read_mine(mine.with_name("none.txt"))
    with pytest.raises(UserError, match=r"e\.txt: there is no text in it"):
        read_mine(write("mine/e.txt", "\n"))
    with pytest.raises(UserError, match=r"f\.txt: it is not UTF-8 text: byte 0xFF at offset 3"):
        read_mine(write("mine/f.txt", b"abc\xff"))


@given(lines=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), max_size=8))
def test_lines_come_back_as_they_were_written(
    lines: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("lines") / "a.txt"
    content = "".join(f"{line}\n" for line in lines).removeprefix("\ufeff")
    path.write_bytes(content.encode())
    assert "".join(read_lines(path)) == content
