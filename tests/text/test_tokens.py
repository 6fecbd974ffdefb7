"""Texts come back from symbols as they were, and what does not fit is refused in words."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from omnigan.errors import UserError
from omnigan_text.data_config import TextData, TokenizerChoice
from omnigan_text.tokens import END, Codec
from omnigan_text.vocabulary import numbered, trained, unknown_symbol

KINDS = ("word", "character", "byte", "bpe")
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd"), max_size=40)


def made(kind: str, texts: list[str], mark: bool = False, **settings: Any) -> Codec:
    """Return a codec whose vocabulary is every piece of some texts."""
    choice = TokenizerChoice.model_validate({"kind": kind, "least": 1})
    tokenizer = trained(choice, texts)
    unknown = unknown_symbol(tokenizer)
    assert unknown is not None
    ids = tokenizer.encode_batch(texts)
    used = sorted({symbol for each in ids for symbol in each.ids} - {unknown})
    used = [*used, unknown] if mark else used
    section = {
        "tokenizer": choice,
        "vocabulary": numbered(tokenizer, used),
        "symbols": len(used) + 1,
        "length": 1000,
        **settings,
    }
    return Codec.of(TextData.model_validate(section))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40)
@given(text=TEXT)
@example(text="  two  spaces\n\n\tand\r\nlines ")
@example(text="don't (stop): `x_1`, naïve\u00a0café!")
@example(text="नमस्ते 你好 مرحبا e\u0301 👩‍👩‍👧")
@example(text="<end of text> <unk> [UNK]")
@example(text="")
def test_a_round_trip_is_exact(kind: str, text: str) -> None:
    codec = made(kind, [text, "another one"])
    ids = codec.encode(text)
    assert all(0 < symbol < codec.symbols for symbol in ids), "END is in no text"
    assert codec.decode(ids) == text
    assert codec.decode([*ids, END, 1, 1]) == text, "what is behind END is not read"


@settings(max_examples=30)
@given(texts=st.lists(TEXT, min_size=1, max_size=5))
def test_rows_and_texts_are_inverse(texts: list[str]) -> None:
    codec = made("character", [*texts, "some"])
    rows = codec.rows(texts)
    assert rows.shape == (len(texts), 1000)
    assert rows.dtype == torch.float32
    assert codec.texts(rows) == texts


def test_words_have_their_space_with_them() -> None:
    codec = made("word", ["Return the file's name, or None."])
    ids = codec.encode("Return the file's name, or None.")
    pieces = [codec.decode([symbol]) for symbol in ids]
    # A decoded text loses the space before its first word.
    assert pieces == ["Return", "the", "file", "'", "s", "name", ",", "or", "None", "."]
    assert codec.encode("the file") == [ids[1], ids[2]], "the first word is the one seen inside"
    assert codec.decode([ids[2], ids[9]]) == "file."


def test_the_tokenizer_json_is_one_of_the_library() -> None:
    codec = made("word", ["one two", "two three"])
    vocabulary = codec._tokenizer.to_str()  # type: ignore[attr-defined]
    theirs = Tokenizer.from_str(vocabulary)
    assert theirs.encode("two three one").ids == codec.encode("two three one")
    assert theirs.id_to_token(0) == "<end of text>"
    assert json.loads(vocabulary)["model"]["type"] == "WordLevel"


@pytest.mark.parametrize(("kind", "strange"), [("word", "four"), ("character", "x"), ("bpe", "é")])
def test_what_is_not_in_the_vocabulary_is_named(kind: str, strange: str) -> None:
    with pytest.raises(UserError, match=rf"'one {strange} two': '{strange}' is not in the model"):
        made(kind, ["one two three"]).encode(f"one {strange} two")


def test_the_unknown_can_be_marked() -> None:
    codec = made("word", ["one two three"], mark=True)
    assert codec.decode(codec.encode("one four two")) == "one <unk> two"
    characters = made("character", ["abc"], mark=True)
    assert characters.decode(characters.encode("axc")) == "a\ufffdc"
    assert characters.decode(characters.encode("\ufffdc")) == "\ufffdc"


def test_a_text_that_is_too_long_is_refused_or_cut() -> None:
    texts = ["one two three four"]
    codec = made("word", texts, length=5)
    assert codec.rows(texts)[0].tolist() == [*codec.encode(texts[0]), END]
    codec = made("word", texts, length=4)
    with pytest.raises(UserError, match="has 4 tokens, and the model's texts have at most 3"):
        codec.rows(texts)
    codec = made("word", texts, length=2, long="cut")
    (row,) = codec.rows(texts)
    assert codec.texts(row[None]) == ["one two"], "the text goes on, so it has no end"


def test_an_oracles_symbols_are_written_as_numbers() -> None:
    data = {"source": "oracle", "symbols": 12, "length": 3, "ends": False}
    codec = Codec.of(TextData.model_validate(data))
    x = torch.tensor([[0.0, 11.0, 3.0], [1.0, 0.0, 0.0]])
    assert codec.texts(x) == ["0 11 3", "1 0 0"]
    assert torch.equal(codec.rows(["0 11 3", "1 0 0"]), x)
    for text in ("0 12 3", "0 -1 3", "0 x 3", "0 ² 3", f"0 {'9' * 5000} 3"):
        with pytest.raises(UserError, match="is not a whole number from 0 to 11"):
            codec.rows([text])
    with pytest.raises(UserError, match="has 2 tokens, and the model's texts have 3"):
        codec.rows(["1 2"])


def test_random_symbols_of_any_tokenizer_are_some_text() -> None:
    chance = np.random.default_rng(0)
    for kind in KINDS:
        codec = made(kind, ["naïve café, 你好", "don't (stop)"])
        x = torch.from_numpy(chance.integers(0, codec.symbols, (50, 9))).float()
        assert len(codec.texts(x)) == 50
        assert codec.texts(torch.zeros(2, 9)) == ["", ""]


def test_a_damaged_vocabulary_is_an_error() -> None:
    data = {"symbols": 3, "length": 4, "vocabulary": "{}"}
    with pytest.raises(UserError, match=r"data\.vocabulary is not the text of a tokenizer\.json"):
        Codec.of(TextData.model_validate(data))
