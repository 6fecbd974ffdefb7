"""What a user may ask a writer for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from omnigan.errors import UserError
from omnigan.numerals import decimal_number

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
    ids = codec.encode(value)
    if len(ids) >= codec.length:
        raise UserError(
            f"prefix={value}: it has {len(ids)} symbols, and a beginning may have at most "
            f"{codec.length - 1}. Give less."
        )
    row = torch.full((1, codec.length), FREE)
    row[0, : len(ids)] = torch.tensor(ids, dtype=row.dtype)
    return row
