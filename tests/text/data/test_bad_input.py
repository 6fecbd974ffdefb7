"""What is wrong with a source is said in one sentence that names file, place and key."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from omnigan.errors import UserError
from omnigan_text.data.lines import MOST, Unusable, read_lines

Make = Callable[..., Any]
BAD: list[tuple[str, bytes, str]] = [
    ("a.txt", b"", r"'.*a\.txt' is empty\. Give at least two different texts"),
    ("a.txt", b"\n \n\t\n", r"has only 3 blank lines"),
    ("a.txt", b"one line", r"one text is not enough, nor are copies of one"),
    ("a.txt", b"twice\ntwice\nTWICE.\n", r"one text is not enough, nor are copies of one"),
    ("a.txt", bytes(range(256)) * 9, r"no file in .* can be read \(a\.txt: it is a binary file"),
    ("a.txt", b"ok\n" * 5000 + b"a\0b\n", r"line 5001 has a zero byte"),
    ("a.txt", "één\nnaïve".encode("latin-1"), r"byte 0xE9 at offset 0 \(line 1\).* or Latin-1"),
    (
        "a.txt",
        "naïve\nplain\n".encode() + "café\n".encode("latin-1"),
        r"byte 0xE9 at offset 16 \(line 3\).* what is before it is UTF-8, so the file mixes",
    ),
    ("a.txt", "naïve".encode()[:-3], r"byte 0xC3 at offset 2 \(line 1\)"),
    ("a.txt", "ab".encode("utf-16")[:-1], r"it is not UTF-16 text: byte 0x62 at offset 4"),
    ("a.txt.gz", gzip.compress(b"one\ntwo\n" * 99)[:-9], r"a\.txt\.gz: it is a damaged \.gz file"),
    ("a.txt.gz", b"no gzip at all", r"a\.txt\.gz: it is a damaged \.gz file \(Not a gzipped file"),
    (
        "a.jsonl",
        b'{"text": "a"}\n{"text": b}\n{',
        r"2 of 3 lines are broken; line 2 is not JSON: Exp.* column 10",
    ),
    (
        "a.jsonl",
        b'{"text": "a"}\n\n[1]\n2',
        r"2 of 3 .*; line 3 holds neither a JSON object nor",
    ),
    ("a.jsonl", b'{"text": "a"}\n{"text": 3}\n[]', r"2 of 3 .*; line 2: 'text' is no text"),
    ("a.jsonl", b"[" * 100_000, r"line 1 is nested too deeply"),
    ("a.jsonl", b'{"n": 3}', r"data\.column: .*a\.jsonl, line 1: say which column"),
    ("a.csv", b"", r"data\.column: .*a\.csv, line 1: say which column.* there are none"),
    ("a.csv", b'text\n"' + b"x\n" * 200_000, r"field larger than .*; is there a quotation mark"),
]


@pytest.mark.parametrize(("name", "content", "message"), BAD)
def test_a_bad_file_is_named(
    loaded: Make, write: Make, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        loaded(write(name, content))


def test_a_line_that_never_ends_is_not_read_to_its_end(write: Make) -> None:
    path = write("a.txt.gz", gzip.compress(b"ok\n" + b"x" * (200 << 20), 1))
    tracemalloc.start()
    with pytest.raises(Unusable, match="line 2 has more than 1,048,576 characters"):
        list(read_lines(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * MOST


def test_a_paragraph_that_never_ends_is_refused(loaded: Make, write: Make) -> None:
    path = write("a.txt", "many short lines\n" * 100_000)
    with pytest.raises(UserError, match=r"the paragraph that ends in line \d+ has more than"):
        loaded(path, unit="paragraph")


def test_bad_files_among_good_ones_are_left_out(
    loaded: Make, write: Make, phrases: list[str]
) -> None:
    for number in range(4):
        write(f"{number}.txt", "\n".join(phrases[25 * number : 25 * number + 25]))
    write("b.txt", ("\n".join(phrases) + "caf\xe9").encode("latin-1"))
    root = write("c.jsonl", '{"text": "a third of this file"}\n{\n{').parent
    _, text, texts = loaded(root)
    assert sorted([*texts[0], *texts[1]]) == sorted(phrases), "nothing of a bad file is used"
    report = text.report()
    assert [line.split(":")[0] for line in report["broken"]] == ["b.txt", "c.jsonl"]
    assert any(line.startswith("Unreadable: 2 files, b.txt (it is") for line in report["summary"])
    for number in range(3):
        write(f"d{number}.txt", b"\xff")
    with pytest.raises(UserError, match=r"5 of 9 files in '.*' cannot be read \(b\.txt: it is"):
        loaded(root)


def test_half_surrogates_are_left_out(loaded: Make, write: Make, phrases: list[str]) -> None:
    lines = [f'"{phrase}"' for phrase in phrases]
    _, text, texts = loaded(write("a.jsonl", "\n".join([*lines, r'"\ud83d"', r'"\ud83d\ude00"'])))
    assert len([*texts[0], *texts[1]]) == 101
    assert "Left out as invalid Unicode: 1." in text.report()["summary"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"source": "docstring"}, r"'docstring' below .*\. Did you mean 'docstrings'\?"),
        ({"source": "arithmetic", "labels": "folder"}, r"can have 'none' here, not 'folder'"),
        ({"source": "docstrings", "labels": "file"}, r"can have 'auto' or 'none' here"),
        ({"labels": "auto"}, r"data\.labels: the texts in '.*' bring no labels of their own"),
        ({"labels": "foldr"}, r"cannot read 'foldr'.* Did you mean 'folder'\?"),
        ({"labels": "file", "label_names": ["z"]}, r"data\.label_names: no text has the label z"),
        ({"label_names": ["a"]}, r"there are names, but data\.labels is 'none'"),
        ({"tokenizer": {"least": 1000}}, r"data\.unknown: every training text has a word"),
        ({"length": 2}, r"data\.length: every training text has 2 tokens or more"),
    ],
)
def test_a_wrong_setting_is_named(
    loaded: Make, write: Make, phrases: list[str], settings: dict[str, Any], message: str
) -> None:
    path = write("a.txt", "\n".join(phrases))
    with pytest.raises(UserError, match=message):
        loaded(settings.pop("source", path), **settings)


def test_a_folder_without_texts(loaded: Make, write: Make) -> None:
    write("a.png", b"")
    with pytest.raises(UserError, match=r"no text file in .*, only 1 \.png, 1 \.gz\. Known"):
        loaded(write("b.tar.gz", b"").parent)


def test_a_tokenizer_folder_and_its_kind_go_together(config: Make) -> None:
    for settings in ({"kind": "folder"}, {"folder": "x"}, {"kind": "word", "folder": "x"}):
        with pytest.raises(ValidationError, match="kind 'folder' and the key folder go together"):
            config("docstrings", tokenizer=settings)
