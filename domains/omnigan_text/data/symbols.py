"""Which symbols a vocabulary has."""

from __future__ import annotations

import numpy as np

from omnigan.errors import UserError
from omnigan_text.data.sequences import Places, Sequences
from omnigan_text.data_config import TextData

__all__ = ["NothingKnown", "used_symbols"]


class NothingKnown(UserError):
    """Every training text has something that is not in the vocabulary."""


def used_symbols(sequences: Sequences, unknown: int | None, data: TextData) -> Places:
    """Return the symbols of a vocabulary, the most frequent one first.

    Where texts with unknown words are left out, no symbol is in the vocabulary that only they have.

    Args:
        sequences: The training texts, as a tokenizer writes them that knows all of them.
        unknown: What it writes for something that it does not know.
        data: The config. If the unknown is to be marked, ``unknown`` is the last symbol.

    Raises:
        NothingKnown: No text is left.
        UserError: The tokenizer cannot mark the unknown.
    """
    known = _frequent(sequences, unknown, data)
    if data.unknown == "mark":
        if unknown is None:
            raise UserError(
                "data.unknown: this tokenizer has no symbol for what it does not know, so nothing "
                "can be marked; write data.unknown: drop"
            )
        return np.append(known, unknown)
    is_strange = np.ones(int(sequences.symbols.max()) + 1, np.bool_)
    is_strange[known] = False
    sequences = sequences.only(~sequences.having(is_strange[sequences.symbols]))
    if not len(sequences):
        raise NothingKnown(
            "data.unknown: every training text has a word or character that is not in the "
            "vocabulary. Raise data.tokenizer.size, lower data.tokenizer.least, or write "
            "data.unknown: mark"
        )
    return _frequent(sequences, unknown, data, limited=False)


def _frequent(
    sequences: Sequences, unknown: int | None, data: TextData, limited: bool = True
) -> Places:
    """Return the symbols that occur, within the limits for words and characters if they count."""
    choice = data.tokenizer
    counts = np.bincount(sequences.symbols)
    if unknown is not None and unknown < len(counts):
        counts[unknown] = 0
    order = np.argsort(-counts, kind="stable")
    least, most = 1, len(order)
    if limited and choice.kind in ("word", "character"):
        least, most = choice.least, choice.size - 1 - (data.unknown == "mark")
    return order[counts[order] >= least][:most]
