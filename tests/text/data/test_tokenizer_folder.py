"""Tokenizers of the user's own, of every kind that the libraries know."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from omnigan.errors import UserError
from omnigan_text.data import load_text
from omnigan_text.tokens import Codec

Make = Callable[..., Any]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def word_piece() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def byte_pairs() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def unigram() -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


def trained(kind: str, texts: list[str]) -> Tokenizer:
    """Return a tokenizer of a model that was trained on more than the texts of a run."""
    more = [*texts, "Quite other words, of which these texts have none: zebras."]
    size = {"vocab_size": 90, "show_progress": False}
    if kind == "word piece":
        tokenizer, trainer = word_piece(), trainers.WordPieceTrainer(special_tokens=SPECIAL, **size)
    elif kind == "byte pairs":
        tokenizer, trainer = byte_pairs(), trainers.BpeTrainer(special_tokens=["<|eot|>"], **size)
    else:
        tokenizer, trainer = (
            unigram(),
            trainers.UnigramTrainer(special_tokens=["<s>", "<unk>"], unk_token="<unk>", **size),
        )
    tokenizer.train_from_iterator(more, trainer)
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=50)
    return tokenizer


@pytest.fixture
def folder(tmp_path: Path, phrases: list[str]) -> Callable[[str], Path]:
    """Return a function that writes the folder of a tokenizer."""

    def make(kind: str) -> Path:
        path = tmp_path / "tokenizer"
        path.mkdir(exist_ok=True)
        trained(kind, phrases).save(str(path / "tokenizer.json"))
        return path

    return make


@pytest.mark.parametrize("kind", ["word piece", "byte pairs", "unigram"])
def test_any_model_gives_texts_back(
    loaded: Make, write: Make, phrases: list[str], folder: Callable[[str], Path], kind: str
) -> None:
    path = write("a.txt", "\n".join(phrases))
    settings = {"kind": "folder", "folder": str(folder(kind))}
    data, text, (train, valid) = loaded(path, tokenizer=settings)
    assert len(train) >= 85
    assert len(set(train + valid)) >= 95
    assert set(train + valid) <= set(phrases)
    assert text.report()["changed"] == 0
    theirs = Tokenizer.from_file(f"{settings['folder']}/tokenizer.json")
    assert data.symbols <= theirs.get_vocab_size() + 1
    source = text.source("train")
    x = source.read_batch(range(len(source)), torch.Generator()).x
    assert set(x.unique().int().tolist()) == set(range(data.symbols)), "every symbol is used"
    ours = Tokenizer.from_str(data.vocabulary)
    for phrase in train[:9]:
        ids = ours.encode(phrase, add_special_tokens=False).ids
        theirs.no_truncation()
        theirs.no_padding()
        pieces = theirs.encode(phrase, add_special_tokens=False).tokens
        assert [ours.id_to_token(number) for number in ids] == pieces


def test_the_folder_is_not_needed_again(
    loaded: Make, write: Make, phrases: list[str], folder: Callable[[str], Path]
) -> None:
    path, mine = write("a.txt", "\n".join(phrases)), folder("byte pairs")
    data, text, texts = loaded(path, tokenizer={"kind": "folder", "folder": str(mine)})
    shutil.rmtree(mine)
    assert Codec.of(data).rows(texts[1]).shape == (len(texts[1]), data.length)
    again, other = load_text(data)
    assert again == data
    assert len(other.source("train")) == len(text.source("train"))
    with pytest.raises(UserError, match="there is no folder"):
        loaded(path, tokenizer={"kind": "folder", "folder": str(mine)}, max_examples=60)


def test_a_changed_tokenizer_is_read_again(
    loaded: Make, write: Make, phrases: list[str], folder: Callable[[str], Path]
) -> None:
    path = write("a.txt", "\n".join(phrases))
    first = loaded(path, tokenizer={"kind": "folder", "folder": str(folder("byte pairs"))})[0]
    second = loaded(path, tokenizer={"kind": "folder", "folder": str(folder("unigram"))})[0]
    assert first.vocabulary != second.vocabulary


def test_what_a_tokenizer_changes_is_counted(
    loaded: Make, write: Make, phrases: list[str], folder: Callable[[str], Path]
) -> None:
    lines = [phrase.replace("red", "Red") for phrase in phrases]
    path = write("a.txt", "\n".join(lines))
    _, text, texts = loaded(path, tokenizer={"kind": "folder", "folder": str(folder("word piece"))})
    assert set([*texts[0], *texts[1]]) <= set(phrases), "in lower case, as it makes them"
    assert text.report()["changed"] == sum(
        each.startswith("red") for each in [*texts[0], *texts[1]]
    )
    assert any("The tokenizer changes" in each for each in text.report()["summary"])


def test_the_unknown_can_be_marked_if_the_tokenizer_can(
    loaded: Make, write: Make, phrases: list[str], folder: Callable[[str], Path]
) -> None:
    path = write("a.txt", "\n".join([*phrases, "red 雪 sees rain."]))
    for kind, mark in (("word piece", "[UNK]"), ("unigram", "<unk>")):
        settings = {"kind": "folder", "folder": str(folder(kind))}
        _, text, texts = loaded(path, tokenizer=settings, unknown="mark", length=40)
        assert sum(mark in each for each in [*texts[0], *texts[1]]) == 1
        assert sum(text.report()["unknown"].values()) == 1
    settings = {"kind": "folder", "folder": str(folder("byte pairs"))}
    with pytest.raises(UserError, match=r"data\.unknown: this tokenizer has no symbol for what"):
        loaded(path, tokenizer=settings, unknown="mark", length=40)


def test_a_folder_without_a_tokenizer_json(
    loaded: Make, write: Make, phrases: list[str], tmp_path: Path
) -> None:
    mine = tmp_path / "bert"
    mine.mkdir()
    words = sorted({word.rstrip(".") for phrase in phrases for word in phrase.split()})
    (mine / "vocab.txt").write_text("\n".join([*SPECIAL, ".", *words]))
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": True}
    (mine / "tokenizer_config.json").write_text(json.dumps(settings))
    _, _, texts = loaded(
        write("a.txt", "\n".join(phrases)), tokenizer={"kind": "folder", "folder": str(mine)}
    )
    assert sorted([*texts[0], *texts[1]]) == sorted(phrases)


@pytest.mark.parametrize("content", ["", "{}", "no json", '{"model": {"type": "Nothing"}}'])
def test_a_damaged_tokenizer_is_an_error(
    loaded: Make, write: Make, phrases: list[str], tmp_path: Path, content: str
) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/tokenizer.json").write_text(content)
    settings = {"kind": "folder", "folder": str(tmp_path / "bad")}
    with pytest.raises(UserError, match=r"data\.tokenizer\.folder: there is no tokenizer in '.*'"):
        loaded(write("a.txt", "\n".join(phrases)), tokenizer=settings)
    (tmp_path / "bad/tokenizer.json").unlink()
    with pytest.raises(UserError, match=r"data\.tokenizer\.folder: there is no tokenizer in '.*'"):
        loaded(write("a.txt", "\n".join(phrases)), tokenizer=settings)
