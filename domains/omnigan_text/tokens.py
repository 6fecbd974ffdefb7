"""Between texts and sequences of symbols."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from omnigan.errors import UserError
from omnigan.numerals import whole_number
from omnigan_text.data_config import TextData
from omnigan_text.vocabulary import opened, unknown_symbol

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["END", "Codec", "UnknownPiece"]

END = 0
"""The symbol that stands at the end of a text and in every place behind it."""

_SAID = 40  # characters of a text that an error quotes


class UnknownPiece(UserError):
    """A text has what is not in the vocabulary.

    Attributes:
        piece: What that is.
    """

    def __init__(self, text: str, piece: str) -> None:
        self.piece = piece
        super().__init__(f"'{_short(text)}': '{piece}' is not in the model's vocabulary")


class Codec(ABC):
    """Turns texts into sequences of symbols and back.

    Where the round trip is exact (words, characters, bytes and trained byte pairs), a text without
    unknown symbols comes back as it was.

    Attributes:
        symbols: How many symbols there are, END included.
        ends: Whether texts have an end, which is symbol 0.
        length: Symbols of an example, T.
    """

    def __init__(self, data: TextData) -> None:
        self.symbols = data.symbols
        self.ends = data.ends
        self.length = data.tokens
        self._cuts = data.long == "cut"

    @staticmethod
    def of(data: TextData) -> Codec:
        """Return the codec of a resolved ``data`` section."""
        return _Pieces(data) if data.vocabulary else _Numbers(data)

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """Return the symbols of a text, without END.

        Raises:
            UnknownPiece: It has a symbol that is not in the vocabulary.
            UserError: It is not written as the texts of the model are.
        """

    @abstractmethod
    def _decoded(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        """Return the texts of sequences without END."""

    def pieces(self) -> list[str]:
        """Return the text of each symbol but END."""
        return self._decoded([[symbol] for symbol in range(self.ends, self.symbols)])

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of symbols; it stops at END."""
        return self._decoded([self._ended(list(ids))])[0]

    def texts(self, x: Tensor) -> list[str]:
        """Return the texts of examples ``[B, T]``."""
        return self._decoded(self.sequences(x))

    def sequences(self, x: Tensor) -> list[list[int]]:
        """Return the symbols of examples ``[B, T]`` before END."""
        return [self._ended(ids) for ids in x.long().tolist()]

    def rows(self, texts: Sequence[str]) -> Tensor:
        """Return texts as examples ``[B, T]``, float32, filled up with END.

        Raises:
            UserError: One is too long, or has a symbol that is not in the vocabulary.
        """
        rows = torch.zeros(len(texts), self.length)
        for row, text in zip(rows, texts, strict=True):
            ids = self._fitting(self.encode(text), text)
            row[: len(ids)] = torch.tensor(ids, dtype=torch.float32)
        return rows

    def _ended(self, ids: list[int]) -> list[int]:
        return ids[: ids.index(END)] if self.ends and END in ids else ids

    def _fitting(self, ids: list[int], text: str) -> list[int]:
        most = self.length - self.ends
        if len(ids) > most and self._cuts:
            return ids[: self.length]
        if len(ids) > most or (not self.ends and len(ids) < most):
            raise UserError(
                f"'{_short(text)}' has {len(ids)} tokens, and the model's texts have "
                f"{'at most ' if self.ends else ''}{most}"
            )
        return ids


class _Pieces(Codec):
    """The codec of a ``tokenizer.json`` in which symbols outside the vocabulary come last."""

    def __init__(self, data: TextData) -> None:
        super().__init__(data)
        self._tokenizer = opened(data.vocabulary)
        _require_all(self._tokenizer, data.symbols)
        unknown = unknown_symbol(self._tokenizer)
        self._mark = unknown if unknown is not None and unknown < self.symbols else None

    def encode(self, text: str) -> list[int]:
        _require_unicode(text)
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        ids: list[int] = encoding.ids
        for place, symbol in enumerate(ids):
            if symbol < self.symbols:
                continue
            if self._mark is None:
                first, last = encoding.offsets[place]
                piece = text[first:last].strip() or text[first : last + 1].strip()
                piece = piece or repr(text[first:last])[1:-1]  # a space or another blank
                raise UnknownPiece(text, piece)
            ids[place] = self._mark
        return ids

    def _decoded(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        texts: list[str] = self._tokenizer.decode_batch(
            [list(ids) for ids in sequences], skip_special_tokens=False
        )
        return texts


class _Numbers(Codec):
    """Symbols written as decimal numbers with spaces between them."""

    def encode(self, text: str) -> list[int]:
        ids = []
        for word in text.split():
            number = whole_number(word, self.symbols - 1)
            if number is None:
                raise UserError(
                    f"'{_short(text)}': '{_short(word)}' is not a whole number from 0 to "
                    f"{self.symbols - 1}"
                )
            ids.append(number)
        return ids

    def _decoded(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        return [" ".join(map(str, ids)) for ids in sequences]


def _require_all(tokenizer: Tokenizer, symbols: int) -> None:
    """Refuse a vocabulary in which symbols of the model are missing, whose texts would have gaps.

    Raises:
        UserError: It has fewer.
    """
    numbers = tokenizer.get_vocab(with_added_tokens=True).values()
    known = len({number for number in numbers if number < symbols})
    if known < symbols:
        raise UserError(
            f"data.vocabulary has {known:,} of the model's {symbols:,} symbols, so it is not the "
            "vocabulary that the model was trained with. Copy the whole model again"
        )


def _require_unicode(text: str) -> None:
    r"""Refuse what no tokenizer takes: half of a sign, which JSON may hold as ``\ud800``.

    Raises:
        UserError: There is one.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UserError(f"{_short(ascii(text))} is not valid Unicode") from error


def _short(text: str) -> str:
    return text if len(text) <= _SAID else f"{text[: _SAID - 3]}..."
