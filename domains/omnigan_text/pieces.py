"""What each symbol writes, so that a program needs no tokenizer to read what a generator wrote."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from omnigan.errors import UserError
from omnigan_text.data_config import TextData
from omnigan_text.text_file import text_of
from omnigan_text.tokens import END, Codec
from omnigan_text.vocabulary import opened

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["Piece", "spaces_go_before", "text_facts"]

Piece = str | list[int]
"""A text, or bytes that are a part of one."""

TRIED = 64
"""Texts of random symbols that must come out as the tokenizer has them."""


def text_facts(data: TextData, codec: Codec) -> dict[str, Any]:
    """Return what it takes to write texts of a resolved ``data`` section.

    Raises:
        UserError: The tokenizer does not just put pieces one after the other.
    """
    facts: dict[str, Any] = {"kind": "text", "end": END if data.ends else None, "strip": " "}
    if data.vocabulary:
        tokenizer = opened(data.vocabulary)
        facts["pieces"] = _pieces(tokenizer, data.symbols)
        facts["strip"] = " " if _strips(tokenizer, facts["pieces"]) else ""
    else:
        facts["pieces"] = [f" {symbol}" for symbol in range(data.symbols)]
    rng = random.Random(0)
    for _ in range(TRIED):
        ids = rng.choices(range(data.symbols), k=codec.length)
        if text_of(np.array(ids), facts) != codec.decode(ids):
            raise UserError(
                "The tokenizer of this model puts texts together by rules of its own, which the "
                "export cannot write down. Export it without ONNX, or train with another tokenizer."
            )
    return facts


def spaces_go_before(data: TextData) -> bool:
    """Tell whether words have the space before them with them, in one symbol."""
    if not data.vocabulary:
        return False
    pieces = _pieces(opened(data.vocabulary), data.symbols)
    texts = (each if isinstance(each, str) else bytes(each).decode("latin-1") for each in pieces)
    return any(text.startswith(" ") and text.strip() for text in texts)


def _pieces(tokenizer: Tokenizer, symbols: int) -> list[Piece]:
    """Return what each symbol adds to a text."""
    if "ByteLevel" in _decoders(tokenizer):
        table = _letters()
        tokens = [tokenizer.id_to_token(symbol) or "" for symbol in range(symbols)]
        return [_piece(token, table) for token in tokens]
    before, *_ = _texts(tokenizer, [[1]])
    both = _texts(tokenizer, [[1, symbol] for symbol in range(symbols)])
    return [text[len(before) :] for text in both]


def _strips(tokenizer: Tokenizer, pieces: Sequence[Piece]) -> bool:
    """Tell whether a text loses the space that it begins with."""
    spaced = [symbol for symbol, piece in enumerate(pieces) if piece[:1] in (" ", [32])]
    return bool(spaced) and not _texts(tokenizer, [[spaced[-1]]])[0].startswith(" ")


def _texts(tokenizer: Tokenizer, sequences: list[list[int]]) -> list[str]:
    texts: list[str] = tokenizer.decode_batch(sequences, skip_special_tokens=False)
    return texts


def _decoders(tokenizer: Tokenizer) -> set[str]:
    """Return the kinds of steps that turn tokens into a text."""
    decoder = json.loads(tokenizer.to_str())["decoder"] or {}
    return {each["type"] for each in [decoder, *decoder.get("decoders", [])] if each}


def _letters() -> dict[str, int]:
    """Return the byte that each letter of a byte-level vocabulary stands for (GPT-2's table)."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    letters = {chr(byte): byte for byte in shown}
    return letters | {chr(256 + place): byte for place, byte in enumerate(hidden)}


def _piece(token: str, table: dict[str, int]) -> Piece:
    """Return a byte-level token as a text, or as bytes where it is but a part of a letter."""
    if not all(letter in table for letter in token):
        return token
    content = bytes(table[letter] for letter in token)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return list(content)
