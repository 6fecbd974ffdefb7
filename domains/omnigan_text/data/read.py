"""A user's own files as examples, for scoring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from omnigan.errors import UserError
from omnigan_text.data.gather import clean
from omnigan_text.data.lines import Unusable
from omnigan_text.data.records import read_records
from omnigan_text.data_config import TextData
from omnigan_text.tokens import Codec

__all__ = ["read_texts"]


def read_texts(paths: Sequence[Path], data: TextData) -> Tensor:
    """Read text files as examples of a run.

    Args:
        paths: Files of any kind that a source may have.
        data: The data section of a run, resolved.

    Returns:
        ``[N, T]`` float32, an example for each text that the run could have learnt from: blank
        ones, those with words outside the vocabulary and those too long are left out.

    Raises:
        UserError: A file cannot be read, or none of its texts fits the model.
    """
    codec = Codec.of(data)
    rows = [row for path in paths for row in _rows(path, data, codec)]
    return torch.cat([torch.zeros(0, data.tokens), *rows])


def _rows(path: Path, data: TextData, codec: Codec) -> Iterator[Tensor]:
    unlabelled = data.model_copy(update={"labels": "none"})  # a label is not looked for
    found = fitting = 0
    broken: list[str] = []
    strange: UserError | None = None
    try:
        for record in read_records(path, unlabelled, data.unit == "paragraph", broken):
            text = clean(record.text, data.tokenizer.lower)
            if text:
                found += 1
                try:
                    rows = codec.rows([text])
                except UserError as error:
                    strange = strange or UserError(f"{path}, text {found}: {error}")
                    continue
                fitting += 1
                yield rows
    except Unusable as error:
        raise UserError(f"{path}: {error}") from error
    except OSError as error:
        raise UserError(f"{path}: it cannot be read: {error.strerror or error}") from error
    if broken:
        raise UserError(f"{path}: {broken[0]}")
    if strange and not fitting:
        raise strange
    if not found:
        raise UserError(f"{path}: there is no text in it")
