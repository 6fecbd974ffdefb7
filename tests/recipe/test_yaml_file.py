from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from omnigan.errors import UserError
from omnigan.recipe.yaml_file import parse_value, parse_yaml, read_yaml, write_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("-2E+5", -200_000.0),
        (".5", 0.5),
        ("3.", 3.0),
        ("+12", 12),
        ("017", 17),
        ("0x1F", 31),
        ("0o17", 15),
        ("-.inf", float("-inf")),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("No", "No"),
        ("y", "y"),
        ("3/4", "3/4"),
        ("12:30", "12:30"),
        ("2020-01-01", "2020-01-01"),
        ("1e", "1e"),
        ("'1e-3'", "1e-3"),
        ("C:\\music", "C:\\music"),
        ("[1, 2e0, a]", [1, 2.0, "a"]),
        ("{r1: {weight: 2}}", {"r1": {"weight": 2}}),
        ("{1: a, true: b}", {"1": "a", "true": "b"}),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, value: Any) -> None:
    got = parse_value(text, "here")
    assert got == value
    assert type(got) is type(value)


def test_every_key_and_item_has_its_line() -> None:
    text = (
        "# first\na: 1\n\nb:\n  c: {d: 1,\n      e: 2}\n"
        "  f:\n  - x\n  - g: >\n      folded\n      text\n"
    )
    assert parse_yaml(text, "file").lines == {
        ("a",): 2,
        ("b",): 4,
        ("b", "c"): 5,
        ("b", "c", "d"): 5,
        ("b", "c", "e"): 6,
        ("b", "f"): 7,
        ("b", "f", "0"): 8,
        ("b", "f", "1"): 9,
        ("b", "f", "1", "g"): 9,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "file:3: 'a' is already given in line 1"),
        ("a:\n  b: 1\n  'b': 2\n", "file:3: 'a.b' is already given in line 2"),
        ("a: 1\nb: [1, 2\nc: 3\n", "file:3: is not valid YAML"),
        ("a: 1\n\tb: 2\n", "file:2: is not valid YAML"),
        ("a:\n\tb: 2\n", "any token (while scanning for the next token). Indent lines with spaces"),
        (
            "a: b\n c: 2\n",
            "file:2: is not valid YAML: mapping values are not allowed here. Is a sp",
        ),
        (
            "a:b\nc: 2\n",
            "allowed here. Is a space missing behind a colon, or is a line indented to",
        ),
        ("a:\n  b: 1\n c: 2\n", "file:3: is not valid YAML: expected <block end>, but found '<bl"),
        ("a:\n  b: 1\n c: 2\n", "Is a line indented otherwise than those that it belongs to?"),
        ('a: 1\nb: "c\nd: 3\n', "file:2: is not valid YAML: found unexpected end of stream"),
        (
            "a: 1\nb: {c: 1\n",
            "file:2: is not valid YAML: expected ',' or '}', but got '<stream end",
        ),
        ("a: 1\nb: {c: 1\n", "Is a bracket or a quotation mark open?"),
        ("a: &x [*x]\n", "nested too deeply"),
        ("a: *nothing\n", "file:1: is not valid YAML"),
        ("a: 1\n---\nb: 2\n", "file:2: is not valid YAML"),
        ("a: 1\n? [b]\n: 2\n", "file:2: a key must be a word"),
        ("a: !!python/object/apply:os.system [ls]\n", "file:1: the tag"),
        ("a: !!python/name:os.system\n", "file:1: the tag"),
        ("a: !!set {b}\n", "file:1: the tag"),
        ("a: !!int many\n", "file:1: 'many' is not an integer"),
        ("a: " + "9" * 5000, "is not an integer"),
        ("a: " + "[" * 600, "nested too deeply"),
        ("a: " + "[" * 60 + "]" * 60, "nested too deeply"),
        ("a: \x00", "file: is not valid YAML"),
    ],
)
def test_what_is_not_fit_for_a_recipe_is_refused(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_yaml(text, "file")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_alias_bomb_is_defused_quickly() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    began = time.process_time()
    with pytest.raises(UserError, match="more than 50000 values"):
        parse_yaml("\n".join(levels), "bomb")
    assert time.process_time() - began < 5


def test_aliases_stand_for_copies() -> None:
    values = parse_yaml("a: &x {b: 1}\nc: *x\n", "file").values
    assert values == {"a": {"b": 1}, "c": {"b": 1}}
    assert values["a"] is not values["c"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: 1\nb: \xff\n", ":2: is not UTF-8"),
        ("a: é".encode("utf-16"), ":1: is not UTF-8"),
        (b"#" * 2_000_000, "larger than 1 MB"),
    ],
)
def test_unreadable_content_names_the_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_yaml(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder"):
        read_yaml(tmp_path)
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_yaml(tmp_path / "none.yaml")


def test_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "windows.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    document = read_yaml(path)
    assert document.values == {"a": 1, "b": 2}
    assert document.lines == {("a",): 1, ("b",): 2}


_words = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "1e-3",
            "on",
            "no",
            "0o17",
            "017",
            "1_000",
            "12:30",
            "=",
            "<<",
            "~",
            "",
            "-",
            "a\x85 b",
            "\u2028",
            "\ufeff",
            "x\n",
        ]
    ),
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=4),
    max_leaves=8,
)


@given(_json)
def test_what_is_written_reads_back_the_same(value: Any) -> None:
    text = write_yaml({"value": value})
    got = parse_yaml(text, "file").values["value"]
    assert repr(got) == repr(value)  # 1 and 1.0 and True are different here


@given(st.floats(allow_nan=False, allow_infinity=False) | _words)
def test_other_readers_agree_on_what_is_written(value: object) -> None:
    """PyYAML's own loader reads YAML 1.1, the strictest test of quoting."""
    assert yaml.safe_load(write_yaml({"value": value})) == {"value": value}


@given(st.text(max_size=200))
def test_any_text_is_refused_or_means_what_it_means_when_written_again(text: str) -> None:
    try:
        values = parse_yaml(text, "file").values
    except UserError:  # a refusal in words is the other answer allowed; any other error fails
        return
    again = parse_yaml(write_yaml({"value": values}), "file").values["value"]
    assert repr(again) == repr(values)
