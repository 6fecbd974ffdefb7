"""Texts are put together of pieces as the tokenizer puts them together."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from omnigan.errors import UserError
from omnigan_text.data_config import TextData, TokenizerChoice
from omnigan_text.pieces import text_facts
from omnigan_text.text_file import text_of
from omnigan_text.tokens import Codec
from omnigan_text.vocabulary import numbered, trained

TEXTS = [
    "naïve café 👩‍👩‍👧 你好",
    "don't (stop): `x_1`!",
    "  two  spaces\n\n\tand lines",
    "ab abc bcd",
]


def word_piece() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=120, show_progress=False, special_tokens=["[UNK]", "[PAD]"]
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def unigram() -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=60, show_progress=False, special_tokens=["<unk>"], unk_token="<unk>"
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def tokenizer_of(kind: str) -> Tokenizer:
    if kind == "word piece":
        return word_piece()
    if kind == "unigram":
        return unigram()
    return trained(TokenizerChoice.model_validate({"kind": kind, "least": 1}), TEXTS)


def settings_of(tokenizer: Tokenizer, **settings: Any) -> TextData:
    used = sorted({symbol for each in tokenizer.encode_batch(TEXTS) for symbol in each.ids})
    return TextData(
        vocabulary=numbered(tokenizer, used), symbols=len(used) + 1, length=40, **settings
    )


@pytest.mark.parametrize("kind", ["word", "character", "byte", "bpe", "word piece", "unigram"])
def test_any_symbols_give_the_text_that_the_tokenizer_gives(kind: str) -> None:
    data = settings_of(tokenizer_of(kind))
    codec = Codec.of(data)
    facts = json.loads(json.dumps(text_facts(data, codec)))
    assert len(facts["pieces"]) == data.symbols
    x = torch.randint(data.symbols, (200, data.tokens)).float()
    x[:100, 20:] = 0
    assert [text_of(row.numpy(), facts) for row in x] == codec.texts(x)
    for text in TEXTS:
        ids = codec.encode(text)
        assert text_of(np.array([*ids, 0, 1, 1]), facts) == codec.decode(ids)


def test_numbers_are_written_with_spaces_between_them() -> None:
    data = TextData(source="oracle", symbols=12, length=5, ends=False)
    facts = text_facts(data, Codec.of(data))
    assert facts["end"] is None
    assert text_of(np.array([0.0, 3.0, 11.0, 0.0, 7.0]), facts) == "0 3 11 0 7"


def test_a_tokenizer_with_rules_of_its_own_is_refused() -> None:
    tokenizer = tokenizer_of("character")
    tokenizer.decoder = decoders.CTC()  # leaves out what is there twice
    data = settings_of(tokenizer)
    with pytest.raises(UserError, match="rules of its own"):
        text_facts(data, Codec.of(data))
