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
        ``[N, T]`` float32, an example for each text that is not blank.

    Raises:
        UserError: A file cannot be read, or one of its texts does not fit the model.
    """
    codec = Codec.of(data)
    rows = [row for path in paths for row in _rows(path, data, codec)]
    return torch.cat([torch.zeros(0, data.tokens), *rows])


def _rows(path: Path, data: TextData, codec: Codec) -> Iterator[Tensor]:
    unlabelled = data.model_copy(update={"labels": "none"})  # a label is not looked for
    found = 0
    try:
        for record in read_records(path, unlabelled, data.unit == "paragraph"):
            text = clean(record.text, data.tokenizer.lower)
            if text:
                found += 1
                yield codec.rows([text])
    except Unusable as error:
        raise UserError(f"{path}: {error}") from error
    except OSError as error:
        raise UserError(f"{path}: it cannot be read: {error.strerror or error}") from error
    except UserError as error:
        where = f"{path}, text {found}: " if found else ""
        raise UserError(f"{where}{error}") from error
    if not found:
        raise UserError(f"{path}: there is no text in it")
