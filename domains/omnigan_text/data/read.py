"""A user's own files as examples, for scoring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch

from omnigan.domain import FileExamples
from omnigan.errors import UserError
from omnigan.wording import numbered
from omnigan_text.data.gather import clean
from omnigan_text.data.lines import Unusable
from omnigan_text.data.records import read_records
from omnigan_text.data_config import TextData
from omnigan_text.tokens import Codec, UnknownPiece

__all__ = ["read_file"]

_NAMED = 3  # unknown words that are named


def read_file(path: Path, data: TextData, codec: Codec) -> FileExamples:
    """Read a text file as examples of a run.

    Args:
        path: A file of any kind that a source may have.
        data: The data section of a run, resolved.
        codec: Of that section.

    Returns:
        An example ``[T]`` for each text that the run could have learnt from: blank ones are left
        out, and those with words outside the vocabulary or too long are left out and counted, as
        lines of a .jsonl file are that cannot be read.

    Raises:
        UserError: The file cannot be read, or none of its texts fits the model.
    """
    left_out = _LeftOut()
    rows, texts = [], []
    for text in _texts(path, data, left_out.broken):
        try:
            rows.append(codec.rows([text]))
            texts.append(text)
        except UserError as error:
            left_out.add(len(texts) + left_out.count + 1, error)
    if not rows:
        raise UserError(f"{path}{left_out.first or ': there is no text in it'}")
    return FileExamples(torch.cat(rows), texts, left_out.said(len(texts)))


@dataclass
class _LeftOut:
    """Texts that are no examples.

    Attributes:
        count: How many texts.
        broken: What is wrong with each line that could not be read.
        words: What those with something outside the vocabulary have, each the first of its text.
        other: What is wrong with the first of all others.
        first: What is wrong with the first of all.
    """

    count: int = 0
    broken: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    other: str = ""
    first: str = ""

    def add(self, number: int, error: UserError) -> None:
        """Count the text ``number`` of a file."""
        self.count += 1
        self.first = self.first or f", text {number}: {error}"
        if isinstance(error, UnknownPiece):
            self.words.append(error.piece)
        else:
            self.other = self.other or str(error)

    def said(self, used: int) -> str:
        """Return how many are left out beside so many that are used, and why."""
        lost = self.count + len(self.broken)
        if not lost:
            return ""
        unlike, others = list(dict.fromkeys(self.words)), self.count - len(self.words)
        named = ", ".join(f"'{word}'" for word in unlike[:_NAMED])
        named += ", ..." if len(unlike) > _NAMED else ""
        why = [
            f"{len(self.words)} with what is not in the vocabulary ({named})" if self.words else "",
            f"{others} that do not fit ({self.other})" if others else "",
            f"{len(self.broken)} that cannot be read ({self.broken[0]})" if self.broken else "",
        ]
        return (
            f"left out {lost} of {numbered(used + lost, 'text')}: "
            f"{' and '.join(each for each in why if each)}."
        )


def _texts(path: Path, data: TextData, broken: list[str]) -> Iterator[str]:
    """Read the texts of a file that are not blank.

    Args:
        path: The file.
        data: The config.
        broken: Takes what is wrong with each line of a .jsonl file that cannot be used.

    Raises:
        UserError: It cannot be read.
    """
    unlabelled = data.model_copy(update={"labels": "none"})  # a label is not looked for
    try:
        for record in read_records(path, unlabelled, data.unit == "paragraph", broken):
            text = clean(record.text, data.tokenizer.lower)
            if text:
                yield text
    except Unusable as error:
        raise UserError(f"{path}: {error}") from error
    except OSError as error:
        raise UserError(f"{path}: it cannot be read: {error.strerror or error}") from error
