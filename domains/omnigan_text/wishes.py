"""What a user may ask a writer for."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from omnigan.errors import UserError, listed
from omnigan.numerals import decimal_number
from omnigan_text.pieces import spaces_go_before
from omnigan_text.tokens import UnknownPiece

if TYPE_CHECKING:
    from omnigan_text.config import TextConfig
    from omnigan_text.tokens import Codec

__all__ = ["prefix_wished", "temperature_wished"]

FREE = -1.0
"""In a prefix, a place where the generator chooses."""


def temperature_wished(value: str) -> Tensor:
    """Return a sampling temperature ``[1]``.

    Raises:
        UserError: It is not a positive number.
    """
    temperature = decimal_number(value)
    if temperature is None or not 0.01 <= temperature <= 100:
        raise UserError(
            f"temperature={value}: must be a number from 0.01 (always the likeliest) to 100 "
            "(anything); 1 is what the model was trained for."
        )
    return torch.tensor([temperature])


def prefix_wished(value: str, codec: Codec, config: TextConfig) -> Tensor:
    """Return the ids ``[1, T]`` of a text's beginning, negative after it.

    Raises:
        UserError: The generator does not write from left to right, or the beginning is too long or
            has symbols that the vocabulary has not.
    """
    if config.generator.body == "one-shot":
        raise UserError(
            f"prefix={value}: a generator of body one-shot writes all places at once and cannot go "
            "on from a beginning. Train with generator.body=recurrent."
        )
    ids = _encoded(value, codec, config)
    if len(ids) >= codec.length:
        raise UserError(
            f"prefix={value}: it has {len(ids)} symbols, and a beginning may have at most "
            f"{codec.length - 1}. Give less."
        )
    row = torch.full((1, codec.length), FREE)
    row[0, : len(ids)] = torch.tensor(ids, dtype=row.dtype)
    return row


def _encoded(value: str, codec: Codec, config: TextConfig) -> list[int]:
    """Return the symbols of a text's beginning.

    Raises:
        UserError: It has one that the vocabulary has not; the message names some that are like it.
    """
    text = value
    if text.endswith(" ") and spaces_go_before(config.data):
        text = text.removesuffix(" ")  # the next word brings it
    try:
        return codec.encode(text)
    except UnknownPiece as error:
        near = _near(error.piece, codec)
        known = f"; it has {listed(near, 'and')}, say" if near else ""
        raise UserError(
            f"prefix={value}: '{error.piece}' is not in the model's vocabulary{known}."
        ) from error


def _near(piece: str, codec: Codec) -> list[str]:
    """Return what the vocabulary has that is spelt nearly like a piece."""
    known = {each.strip().casefold(): each.strip() for each in codec.pieces()}
    return [known[each] for each in difflib.get_close_matches(piece.casefold(), known, cutoff=0.6)]
