"""From texts to sequences of symbols: the tokenizer, the length, the vocabulary."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from omnigan.domain import Notify
from omnigan.errors import UserError
from omnigan.paths import user_path
from omnigan_text.data.scripts import is_unspaced
from omnigan_text.data.sequences import Places, Sequences
from omnigan_text.data.symbols import NothingKnown, used_symbols
from omnigan_text.data_config import LONGEST, TextData
from omnigan_text.vocabulary import numbered, opened, opened_folder, trained, unknown_symbol

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["Encoded", "Examples", "encode_texts"]

FITTING = 0.95
"""Share of the training texts that an automatic length is enough for."""

MOST = 0.5
"""Share of texts that words, or characters, may leave out where nobody chose: pieces of them leave
out hardly any, but a generator puts pieces together to words that there are not."""

_CHUNK = 8192  # texts that are encoded at a time

Tally = tuple[int, int]
"""How many texts to train on, and how many held out."""


@dataclass(frozen=True)
class Examples:
    """Texts on their way to examples.

    Attributes:
        sequences: ``[N]``, without END.
        places: ``[N]``, the place of each among all texts of the source.
        training: ``[N]``, whether it is to train on.
    """

    sequences: Sequences
    places: Places
    training: NDArray[np.bool_]

    def only(self, where: NDArray[np.bool_]) -> Examples:
        """Return those marked in ``where`` ``[N]``."""
        return Examples(self.sequences.only(where), self.places[where], self.training[where])

    def tally(self, where: NDArray[np.bool_]) -> Tally:
        """Return how many are marked in ``where`` ``[N]``."""
        return int((where & self.training).sum()), int((where & ~self.training).sum())


@dataclass(frozen=True)
class Encoded:
    """Texts as examples.

    Attributes:
        data: The config with tokenizer and length filled in.
        examples: The texts that are used.
        lengths: Tokens of every training text, before any is left out.
        long: Texts that are too long.
        unknown: Other texts that have what is not in the vocabulary.
        pieces: How many different pieces the training texts have, before any is left out; 0 where
            the vocabulary was given.
        without_words: Where words, or characters in a script without spaces, were found to leave
            out too much: the share of the training texts that they would leave out; otherwise 0.
        unspaced: Whether the script has no spaces between words.
    """

    data: TextData
    examples: Examples
    lengths: Places
    long: Tally
    unknown: Tally
    pieces: int
    without_words: float = 0.0
    unspaced: bool = False


def encode_texts(
    data: TextData, texts: Sequence[str], train: Places, valid: Places, notify: Notify
) -> Encoded:
    """Make the vocabulary from the training texts, and symbols from all.

    Args:
        data: The config.
        texts: All texts.
        train: Places of those to train on.
        valid: Places of those held out.
        notify: Told how many are encoded.

    Raises:
        UserError: The tokenizer cannot be read, or no text is left.
    """
    # The library warns in every process that is forked after it has used threads.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    unspaced = is_unspaced(texts[place] for place in train.tolist())
    if data.tokenizer.kind == "auto" and not data.vocabulary:
        data = _of_kind(data, "character" if unspaced else "word")
        encoded = _in_wholes_or_pieces(data, texts, train, valid, notify)
    else:
        encoded = _encoded_as(data, texts, train, valid, notify)
    return replace(encoded, unspaced=unspaced)


def _in_wholes_or_pieces(
    data: TextData, texts: Sequence[str], train: Places, valid: Places, notify: Notify
) -> Encoded:
    """Return texts as words or characters, or as pieces where these leave out too much."""
    whole = _as_wholes(data, texts, train, valid, notify)
    if isinstance(whole, Encoded):
        return whole
    pieces = _encoded_as(_of_kind(data, "bpe"), texts, train, valid, notify)
    return replace(pieces, without_words=whole)


def _as_wholes(
    data: TextData, texts: Sequence[str], train: Places, valid: Places, notify: Notify
) -> Encoded | float:
    """Return encoded texts, or the share of those to train on that is left out, if it is much."""
    try:
        encoded = _encoded_as(data, texts, train, valid, notify)
    except NothingKnown:
        return 1.0
    lost = encoded.unknown[0] / len(train) if data.unknown == "drop" else 0.0
    return encoded if lost <= MOST else lost


def _of_kind(data: TextData, kind: Literal["word", "character", "bpe"]) -> TextData:
    return data.model_copy(update={"tokenizer": data.tokenizer.model_copy(update={"kind": kind})})


def _encoded_as(
    data: TextData, texts: Sequence[str], train: Places, valid: Places, notify: Notify
) -> Encoded:
    """Do what :func:`encode_texts` says by a tokenizer that is chosen."""
    tokenizer = _tokenizer(data, texts, train)
    places = np.concatenate([train, valid])
    sequences = Sequences.of(_encoded(tokenizer, texts, places, notify))
    examples = Examples(sequences, places, np.arange(len(places)) < len(train))
    lengths = sequences.lengths[: len(train)]
    pieces = 0
    if not data.vocabulary:
        counts = np.bincount(sequences.symbols[: int(lengths.sum())])
        pieces = int(np.count_nonzero(counts))
    data = data.model_copy(update={"length": _length(data, lengths)})
    examples, long = _shortened(examples, data)
    data, examples = _numbered(examples, data, tokenizer)
    examples, unknown = _known(examples, data, tokenizer)
    return Encoded(data, examples, lengths, long, unknown, pieces)


def _tokenizer(data: TextData, texts: Sequence[str], train: Places) -> Tokenizer:
    if data.vocabulary:
        return opened(data.vocabulary)
    if data.tokenizer.folder is not None:
        return opened_folder(user_path(data.tokenizer.folder, "data.tokenizer.folder"))
    return trained(data.tokenizer, (texts[place] for place in train.tolist()))


def _encoded(
    tokenizer: Tokenizer, texts: Sequence[str], places: Places, notify: Notify
) -> Iterator[list[list[int]]]:
    for first in range(0, len(places), _CHUNK):
        chunk = [texts[place] for place in places[first : first + _CHUNK].tolist()]
        yield [
            encoding.ids
            for encoding in tokenizer.encode_batch_fast(chunk, add_special_tokens=False)
        ]
        notify("dividing texts into tokens", first + len(chunk), len(places))


def _length(data: TextData, lengths: Places) -> int:
    if data.length != "auto":
        return data.length
    enough = int(np.quantile(lengths, FITTING, method="higher")) + 1
    return min(max(enough, 2), LONGEST)


def _shortened(examples: Examples, data: TextData) -> tuple[Examples, Tally]:
    """Return examples that fit, and how many did not."""
    long = examples.sequences.lengths >= data.tokens  # END has a place of its own
    tally = examples.tally(long)
    if data.long == "cut":
        cut = examples.sequences.cut(data.tokens)
        return Examples(cut, examples.places, examples.training), tally
    examples = examples.only(~long)
    if not examples.training.any():
        raise UserError(
            f"data.length: every training text has {data.tokens} tokens or more, its end not "
            "included. Raise data.length, or write data.long: cut"
        )
    return examples, tally


def _numbered(
    examples: Examples, data: TextData, tokenizer: Tokenizer
) -> tuple[TextData, Examples]:
    """Return the config with a vocabulary, and the symbols as it numbers them."""
    if data.vocabulary:
        return data, examples
    training = examples.sequences.only(examples.training)
    used = used_symbols(training, unknown_symbol(tokenizer), data)
    symbols = len(used) + 1
    numbers = np.full(max(tokenizer.get_vocab().values()) + 1, symbols, np.int32)
    numbers[used] = np.arange(1, symbols)
    sequences = Sequences(numbers[examples.sequences.symbols], examples.sequences.starts)
    vocabulary = numbered(tokenizer, used.tolist())
    data = data.model_copy(update={"vocabulary": vocabulary, "symbols": symbols, "ends": True})
    return data, Examples(sequences, examples.places, examples.training)


def _known(examples: Examples, data: TextData, tokenizer: Tokenizer) -> tuple[Examples, Tally]:
    """Return examples without symbols that are not in the vocabulary, and how many had some."""
    sequences = examples.sequences
    strange = sequences.symbols >= data.symbols
    has_strange = sequences.having(strange)
    tally = examples.tally(has_strange)
    if data.unknown == "drop":
        return examples.only(~has_strange), tally
    mark = data.symbols - 1
    marked = np.where(strange, np.int32(mark), sequences.symbols)
    has_mark = sequences.having(marked == mark)
    sequences = Sequences(marked, sequences.starts)
    return Examples(sequences, examples.places, examples.training), examples.tally(has_mark)
