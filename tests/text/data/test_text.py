"""From a source to two splits: what is in them, and that they keep apart."""

from __future__ import annotations

import gzip
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from omnigan.errors import UserError
from omnigan_text.data import load_text
from omnigan_text.data_config import TextData

Make = Callable[..., Any]


def test_every_text_is_in_one_split(loaded: Make, write: Make, phrases: list[str]) -> None:
    data, text, (train, valid) = loaded(write("a.txt", "\n".join(phrases)))
    assert sorted(train + valid) == sorted(phrases)
    assert len(valid) == 10
    assert train != sorted(train), "they are mixed"
    assert (data.length, data.symbols, data.ends) == (6, 16, True)
    source = text.source("train")
    example = source.read(3, torch.Generator())
    assert example.x.shape == (6,)
    assert example.x.dtype == torch.float32
    assert example.cond == {}
    assert torch.equal(source.resident(torch.device("cpu")).read(3, torch.Generator()).x, example.x)
    again = pickle.loads(pickle.dumps(source))  # as loader processes get it
    assert torch.equal(again.read(3, torch.Generator()).x, example.x)


def test_the_resolved_config_gives_the_same_examples(
    loaded: Make, write: Make, phrases: list[str]
) -> None:
    path = write("a.txt", "\n".join([*phrases, "a rare word."] * 2))
    for settings in ({"tokenizer": {"least": 3}}, {"unknown": "mark", "tokenizer": {"least": 60}}):
        data, text, _ = loaded(path, **settings)
        resolved = TextData.model_validate_json(data.model_dump_json())
        again, other = load_text(resolved)
        assert again == resolved
        for split in ("train", "valid"):
            both = [each.source(split) for each in (text, other)]
            rows = [each.read_batch(range(len(each)), torch.Generator()).x for each in both]
            assert torch.equal(*rows)


def test_another_seed_is_another_split_and_names_do_not_matter(
    loaded: Make, write: Make, phrases: list[str]
) -> None:
    first = loaded(write("a.txt", "\n".join(phrases)))[2]
    renamed = loaded(write("b.txt", "\n".join(reversed(phrases))))[2]
    other = loaded(write("a.txt", "\n".join(phrases)), split_seed=1)[2]
    assert set(first[1]) == set(renamed[1])
    assert set(first[1]) != set(other[1])


def test_copies_and_near_copies_stay_together(
    loaded: Make, write: Make, phrases: list[str]
) -> None:
    lines = [*phrases, *phrases, *(phrase.upper().rstrip(".") for phrase in phrases)]
    _, text, (train, valid) = loaded(write("a.txt", "\n".join(lines)), held_out=0.3)
    assert len(train) + len(valid) == 300
    key = {text.lower().rstrip(".") for text in train}
    assert not key & {text.lower().rstrip(".") for text in valid}
    report = text.report()
    assert (report["equal"], report["alike"]) == (100, 100)
    assert "100 exact copies and 100 near copies of other texts" in "\n".join(report["summary"])


def test_the_vocabulary_never_sees_what_is_held_out(loaded: Make, write: Make) -> None:
    lines = [f"word{number} here" for number in range(50)]
    with pytest.raises(UserError, match=r"no held-out text is left: .* 5 have words that the"):
        loaded(write("a.txt", "\n".join(lines)))
    data, text, (train, valid) = loaded(write("a.txt", "\n".join(lines)), unknown="mark")
    assert len(train) == 45
    assert valid == ["<unk> here"] * 5
    assert not any(word in data.vocabulary for word in set(lines) - set(train))
    assert text.report()["unknown"] == {"train": 0, "valid": 5}


def test_rare_words_take_their_texts_with_them(
    loaded: Make, write: Make, phrases: list[str]
) -> None:
    lines = [*phrases, "red zebra meets rain.", "blue zebra sees yaks.", "a yak."]
    data, text, (train, valid) = loaded(write("a.txt", "\n".join(lines)), tokenizer={"least": 9})
    assert set(train) | set(valid) <= set(phrases)
    assert data.symbols == 16, "no word is in the vocabulary that only they have"
    assert sum(text.report()["unknown"].values()) == 3
    data, _, (train, valid) = loaded(
        write("a.txt", "\n".join(lines)), tokenizer={"least": 9}, unknown="mark"
    )
    assert sum("<unk>" in text for text in train + valid) == 3
    assert data.symbols == 17


def test_size_limits_the_vocabulary(loaded: Make, write: Make, phrases: list[str]) -> None:
    path = write("a.txt", "\n".join(phrases))
    for unknown in ("drop", "mark"):
        data, _, texts = loaded(path, tokenizer={"size": 14}, unknown=unknown)
        assert data.symbols <= 14
        assert sum(map(len, texts)) == (100 if unknown == "mark" else 64)


@pytest.mark.parametrize("kind", ["word", "character", "byte", "bpe"])
def test_every_tokenizer_gives_the_texts_back(
    loaded: Make, write: Make, phrases: list[str], kind: str
) -> None:
    texts = [phrase.replace("river", "fluß").replace("snow", "雪") for phrase in phrases]
    settings = {"kind": kind, "size": 60}
    data, text, (train, valid) = loaded(
        write("a.txt", "\n".join(texts)), tokenizer=settings, length=64
    )
    assert set(train + valid) <= set(texts)
    assert len(train) == 90
    assert data.symbols <= 60
    assert f"({kind};" in "\n".join(text.report()["summary"])


def test_the_length_fits_most_texts(loaded: Make, write: Make, phrases: list[str]) -> None:
    lines = [*phrases, "red ball meets green house sees blue river.", "red " * 30]
    path = write("a.txt", "\n".join(lines))
    data, text, _ = loaded(path)
    assert data.length == 6, "19 of 20 have 5 tokens"
    assert sum(text.report()["long"].values()) == 2
    assert text.report()["lengths"] == {"least": 5, "median": 5, "most_of": 5, "most": 30}
    data, text, (train, valid) = loaded(path, length=4, long="cut")
    assert data.length == 4
    assert all(len(each.split()) == 4 for each in train + valid), "cut, so that no end is seen"
    with pytest.raises(UserError, match=r"data\.length: every training text has 4 tokens or more"):
        loaded(path, length=4)


def test_lower_case(loaded: Make, write: Make) -> None:
    _, _, texts = loaded(
        write("a.txt", "\n".join(f"{a}{b} ÄPFEL" for a in "ABCDE" for b in "FGHIJ")),
        tokenizer={"lower": True, "kind": "character"},
    )
    assert len([*texts[0], *texts[1]]) == 25
    assert all(text.endswith("äpfel") and text.islower() for text in [*texts[0], *texts[1]])


def test_composed_and_decomposed_signs_are_the_same(
    loaded: Make, write: Make, phrases: list[str]
) -> None:
    lines = [phrase.replace("ball", accent) for phrase in phrases for accent in ("\xe9", "e\u0301")]
    _, text, texts = loaded(write("a.txt", "\n".join(lines)))
    assert not any("\u0301" in each for each in [*texts[0], *texts[1]])
    assert text.report()["equal"] == 100


def test_only_so_many_texts(loaded: Make, write: Make, phrases: list[str]) -> None:
    _, _, texts = loaded(write("a.txt", "\n".join(phrases)), max_examples=50)
    assert len([*texts[0], *texts[1]]) == 50
    assert set([*texts[0], *texts[1]]) == set(phrases[::2])


def test_the_cache_is_used_mended_and_not_needed(
    loaded: Make,
    write: Make,
    phrases: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / "cache"))
    path = write("a.txt", "\n".join(phrases))
    first = loaded(path)
    (file,) = (tmp_path / "cache").rglob("rows.npy")
    monkeypatch.setattr("omnigan_text.data.store.prepare", None)
    again = loaded(path)
    assert again[0] == first[0]
    assert again[1].report() == first[1].report()
    assert again[2] == first[2]
    assert json.loads(json.dumps(again[1].report())) == again[1].report()

    monkeypatch.undo()
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / "cache"))
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    for broken in (bytes(content), content[:50], b""):
        file.unlink()
        file.write_bytes(broken)
        assert loaded(path)[2] == first[2]
    (tmp_path / "no").write_text("a file where the folder should be")
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / "no"))
    _, text, texts = loaded(path)
    assert texts == first[2]
    assert "The cache cannot be written" in text.report()["summary"][-1]


def test_a_changed_file_is_read_again(loaded: Make, write: Make, phrases: list[str]) -> None:
    loaded(write("a.txt", "\n".join(phrases)))
    _, _, texts = loaded(write("a.txt", "\n".join(phrases[:50])))
    assert len([*texts[0], *texts[1]]) == 50


def test_texts_are_found_again_wherever_they_lie(
    loaded: Make,
    write: Make,
    phrases: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("a/x.txt", "\n".join(phrases[:50]))
    folder = write("b/y.txt", "\n".join(phrases[50:])).parents[1]
    table = tmp_path / "labels.csv"
    table.write_text("file,label\na/x.txt,p\nb/y.txt,q\nlost,q\n")
    first = loaded(folder, labels=str(table))
    monkeypatch.setattr("omnigan_text.data.store.prepare", None)
    write("notes.pdf", "no text")
    moved = folder.rename(tmp_path / "moved")
    table = table.rename(tmp_path / "named.csv")
    data, text, texts = loaded(moved, labels=str(table))
    assert texts == first[2]
    assert (data.source, data.labels) == (str(moved), str(table))
    assert text.report()["ignored"] == {".pdf": 1}
    again = data.model_copy(update={"source": first[0].source, "labels": first[0].labels})
    assert again == first[0]


def test_a_text_that_is_called_otherwise_is_not_read_again(
    loaded: Make, write: Make, phrases: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f'{{"text": "{phrase}"}}' for phrase in phrases]
    path = write("a.jsonl", "\n".join([*lines, "{"]))
    _, _, texts = loaded(path)
    monkeypatch.setattr("omnigan_text.data.store.prepare", None)
    _, text, again = loaded(path.rename(path.with_name("b.jsonl")))
    assert again == texts
    assert [line.partition(":")[0] for line in text.report()["broken lines"]] == ["b.jsonl"]


def test_an_oracle_draws_its_own(loaded: Make) -> None:
    settings = {"symbols": 7, "length": 4, "examples": 300}
    data, text, (train, valid) = loaded("oracle", oracle=settings)
    assert (data.length, data.symbols, data.ends, data.vocabulary) == (4, 7, False, "")
    assert len(train) + len(valid) == 300
    assert not set(train) & set(valid)
    assert all(len(each.split()) == 4 for each in train)
    assert text.report()["summary"][1] == "Each has 4 symbols out of 7, and no end."
    with pytest.raises(UserError, match=r"data\.length: the oracle's sequences have 4 symbols"):
        loaded("oracle", oracle=settings, length=9)


def test_arithmetic_is_a_source_of_words(loaded: Make) -> None:
    from omnigan_text.grammar import parses

    data, _, texts = loaded("arithmetic", arithmetic={"examples": 200})
    assert all(map(parses, [*texts[0], *texts[1]]))
    assert data.ends


def test_docstrings_are_sentences(loaded: Make) -> None:
    data, text, (train, valid) = loaded("docstrings", tokenizer={"least": 2})
    assert len(train) >= 2500
    assert data.length <= 20
    assert data.symbols <= 2200
    assert len(set(train)) == len(train)
    assert not set(train) & set(valid)
    assert all(each[0].isupper() and each.endswith(".") for each in train)
    assert all(3 <= len(each.split()) <= 14 for each in train)
    assert "the docstrings of Python 3." in text.report()["summary"][0]
    labelled, text, _ = loaded("docstrings", labels="auto")
    assert set(labelled.label_names) == {"module", "class", "function"}
    assert text.source("train").read(0, torch.Generator()).cond["label"].shape == ()


def test_packed_files(loaded: Make, write: Make, phrases: list[str]) -> None:
    write("b.tar.gz", b"")
    path = write("a.txt.gz", gzip.compress("\n".join(phrases).encode()))
    _, text, texts = loaded(path.parent)
    assert sorted([*texts[0], *texts[1]]) == sorted(phrases)
    assert text.report()["ignored"] == {".gz": 1}


@pytest.mark.parametrize(
    ("rare", "expected"),
    [
        (30, " That is 30% of the texts: data.tokenizer.kind=bpe divides them, and data.unknown="),
        (20, ""),
    ],
)
def test_what_helps_against_rare_words_is_said_where_they_are_many(
    loaded: Make, write: Make, phrases: list[str], rare: int, expected: str
) -> None:
    lines = [f"{phrase} name{n}" for n, phrase in enumerate(phrases[:rare])] + phrases[rare:]
    path = write("a.txt", "\n".join(lines))
    _, text, _ = loaded(path, tokenizer={"least": 2}, length=16)
    train, valid = text.report()["unknown"].values()
    assert train + valid == rare
    said = next(each for each in text.report()["summary"] if "outside the vocabulary" in each)
    start = f"outside the vocabulary: {train} to train on, {valid} held out.{expected}"
    assert start in said
    assert ("That is" in said) == bool(expected)
    for settings in ({"unknown": "mark"}, {"tokenizer": {"kind": "bpe"}}):
        _, text, texts = loaded(path, **settings, length=64)
        assert not any("That is" in each for each in text.report()["summary"])
        assert len(texts[0]) == 90


@pytest.mark.parametrize(("rare", "kind"), [(40, "word"), (60, "bpe"), (100, "bpe")])
def test_words_are_symbols_where_they_leave_out_half_at_most(
    loaded: Make, write: Make, phrases: list[str], rare: int, kind: str
) -> None:
    lines = [f"{phrase} name{n}" for n, phrase in enumerate(phrases[:rare])] + phrases[rare:]
    path = write("a.txt", "\n".join(lines))
    auto = {"kind": "auto", "least": 2}
    data, text, texts = loaded(path, tokenizer=auto, length=64)
    assert data.tokenizer.kind == kind
    assert TextData.model_validate_json(data.model_dump_json()) == data
    assert load_text(data)[0] == data, "what is resolved stays as it is"
    same = loaded(path, tokenizer={"kind": kind, "least": 2}, length=64)
    assert (same[0], same[2]) == (data, texts)
    said = [each for each in text.report()["summary"] if "vocabulary of words" in each]
    if kind == "word":
        assert said == []
        return
    lost = sum(" name" in each for each in texts[0]) / len(texts[0])
    assert said == [
        f"A vocabulary of words would leave out {lost:.0%} of the texts to train on, so symbols "
        "are words and pieces of words; data.tokenizer.kind=word keeps to words."
    ]


CHINESE = [f"{who}{does}{what}。" for who in "我你他" for does in "看听想" for what in "山海月"]
ENGLISH = ["he sees the sea.", "she hears the moon.", "I see the hill 山."]


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (CHINESE, "character"),
        (["ฉันเห็นทะเล", "เธอเห็นภูเขา"], "character"),
        (["山がみえる。", "うみがみえる。"], "character"),
        (ENGLISH, "word"),
        ([*CHINESE[:2], *ENGLISH], "word"),
        (["나는 바다를 본다", "너는 산을 본다"], "word"),
    ],
)
def test_scripts_without_spaces_are_read_by_character(
    loaded: Make, write: Make, lines: list[str], kind: str
) -> None:
    path = write("a.txt", "\n".join(line for line in lines for _ in range(2)))
    data, text, _ = loaded(path, tokenizer={"kind": "auto", "least": 1}, unknown="mark")
    assert data.tokenizer.kind == kind
    _, asked, _ = loaded(path, tokenizer={"kind": "word", "least": 1}, unknown="mark")
    for each, advised in ((text, False), (asked, kind == "character")):
        said = any("kind=character" in line for line in each.report()["summary"])
        assert said == advised


@pytest.mark.parametrize(("rare", "kind"), [(20, "character"), (40, "bpe"), (54, "bpe")])
def test_characters_are_symbols_where_they_leave_out_half_at_most(
    loaded: Make, write: Make, rare: int, kind: str
) -> None:
    # They share their bytes, so that pieces know those that are held out.
    once = [chr(0x4E00 + 64 * (n // 8) + n % 8) for n in range(rare)] + [""] * (54 - rare)
    lines = [f"{strange}{line}" for strange, line in zip(once, CHINESE * 2, strict=True)]
    path = write("a.txt", "\n".join(lines))
    data, text, texts = loaded(path, tokenizer={"kind": "auto", "least": 2}, length=64)
    assert data.tokenizer.kind == kind
    said = [each for each in text.report()["summary"] if "vocabulary of" in each]
    if kind == "character":
        assert said == []
        return
    lost = sum(each[0] in once for each in texts[0]) / len(texts[0])
    assert said == [
        f"A vocabulary of characters would leave out {lost:.0%} of the texts to train on, so "
        "symbols are characters and pieces of characters; data.tokenizer.kind=character keeps to "
        "characters."
    ]


def test_words_that_are_marked_leave_nothing_out(
    loaded: Make, write: Make, phrases: list[str]
) -> None:
    path = write("a.txt", "\n".join(f"{each} name{n}" for n, each in enumerate(phrases)))
    auto = {"kind": "auto", "least": 2}
    assert loaded(path, tokenizer=auto, unknown="mark")[0].tokenizer.kind == "word"
