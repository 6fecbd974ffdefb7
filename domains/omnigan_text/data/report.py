"""What was found in the texts and done with it, for people and for files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from omnigan.datasets.sentences import (
    copies,
    in_memory,
    left_out,
    other_files,
    said,
    tally,
    unreadable,
)
from omnigan.wording import numbered
from omnigan_text.data.sequences import Places
from omnigan_text.data_config import TextData

__all__ = ["Findings", "Lengths"]

_MUCH = 0.2  # share of texts that are left out for their words, above which there is advice
_NAMED = 100  # files or lines that are named; the rest is only counted

_UNITS = {
    "line": "An example is a line; with data.unit=paragraph it is all lines up to a blank one.",
    "paragraph": "An example is a paragraph, up to a blank line; with data.unit=line it is a line.",
}
_TOKENS = {"word": "words", "character": "characters", "byte": "bytes", "bpe": "pieces"}

Tally = tuple[int, int]
"""How many texts to train on, and how many held out."""


@dataclass
class Lengths:
    """How many tokens texts have, their end not included."""

    least: int = 0
    median: int = 0
    most_of: int = 0
    most: int = 0

    @staticmethod
    def of(lengths: Places) -> Lengths:
        """Return the quantiles 0, 0.5, 0.95 and 1 of lengths ``[N]``."""
        found = np.quantile(lengths, [0, 0.5, 0.95, 1], method="higher")
        return Lengths(*map(int, found))


@dataclass
class Findings:
    """What loading texts met; JSON values.

    Attributes:
        files: How many files could be used.
        broken: Names of other files, and why they could not.
        lines: Names of files, each with what is wrong with a line of it that could not be used.
        table: What should be known about a table of labels.
        ignored: Files of other kinds, by ending.
        python: Version of the Python whose docstrings were read.
        plain_text: Whether there are files of plain text.
        unit: What an example of it is.
        texts: How many texts there are that are not blank.
        blank: How many are.
        invalid: How many are not valid Unicode.
        unlabelled: Texts left out because they have no label that is wanted.
        equal: Texts that are exact copies of others, all of them used.
        alike: Texts that are the same as others but for case, spaces and the full stop.
        long: Texts that are too long.
        unknown: Other texts with what is not in the vocabulary.
        untrained: Held-out texts left out because their label is not trained.
        changed: Texts that do not come back from the tokenizer as they were.
        pieces: Different pieces of the training texts, before any is left out; 0 where the
            vocabulary was given.
        without_words: The share of the training texts that words, or characters in a script
            without spaces, would leave out, where pieces were chosen for that; otherwise 0.
        unspaced: Whether the script of the training texts has no spaces between words.
        lengths: Of the training texts, before any is left out.
        examples: How many texts are used.
        labels: How many texts to train on have each label.
        distinct: How many texts to train on are different.
        in_memory: Whether the cache could not be written.
    """

    files: int = 0
    broken: list[tuple[str, str]] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)
    table: list[str] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    python: str = ""
    plain_text: bool = False
    unit: str = "line"
    texts: int = 0
    blank: int = 0
    invalid: int = 0
    unlabelled: int = 0
    equal: int = 0
    alike: int = 0
    long: Tally = (0, 0)
    unknown: Tally = (0, 0)
    untrained: int = 0
    changed: int = 0
    pieces: int = 0
    without_words: float = 0.0
    unspaced: bool = False
    lengths: Lengths = field(default_factory=Lengths)
    examples: Tally = (0, 0)
    labels: dict[str, int] = field(default_factory=dict)
    distinct: int = 0
    in_memory: bool = False

    @staticmethod
    def restored(values: dict[str, Any]) -> Findings:
        """Invert :func:`dataclasses.asdict`.

        Raises:
            TypeError: These are not the fields.
        """
        return Findings(**{**values, "lengths": Lengths(**values["lengths"])})

    def plain(self, data: TextData) -> dict[str, Any]:
        """Return what a run's folder and a model card should say, JSON values."""
        values = asdict(self)
        del values["in_memory"], values["plain_text"], values["table"]
        for name in ("long", "unknown", "examples"):
            values[name] = dict(zip(("train", "valid"), values[name], strict=True))
        for name in ("broken", "lines"):
            values[name] = [f"{file}: {why}" for file, why in values[name][:_NAMED]]
        values["broken lines"] = values.pop("lines")
        return {
            "summary": self.sentences(data),
            "preprocessing": _preprocessing(data),
            "source": data.source,
            "symbols": data.symbols,
            "length": data.length,
            **values,
        }

    def sentences(self, data: TextData) -> list[str]:
        """Return what a person should know before training, one plain sentence each."""
        return said(
            self._amount(data),
            _UNITS[self.unit] if self.plain_text else "",
            self._shape(data),
            self._choice(data),
            tally("Labels", self.labels),
            left_out("without a wanted label", self.unlabelled),
            *self.table,
            left_out("as blank", self.blank),
            left_out("as invalid Unicode", self.invalid),
            self._long(data),
            self._unknown(data),
            left_out("because their label is never trained", self.untrained),
            self._changed(),
            copies(self.equal, self.alike, "text"),
            unreadable(self.broken, "file"),
            unreadable(self.lines, "line"),
            other_files(self.ignored),
            in_memory(self.in_memory),
        )

    def _amount(self, data: TextData) -> str:
        train, valid = self.examples
        distinct = "" if self.distinct == train else f" ({self.distinct} of them different)"
        return (
            f"Text: {numbered(self.texts, 'text')} from {self._origin(data)}; {train} to train "
            f"on{distinct}, {valid} held out."
        )

    def _origin(self, data: TextData) -> str:
        if data.source == "docstrings":
            return f"the docstrings of Python {self.python}"
        if not self.files:
            return f"the source '{data.source}'"
        return numbered(self.files, "file")

    def _shape(self, data: TextData) -> str:
        if not data.ends:
            return f"Each has {data.length} symbols out of {data.symbols}, and no end."
        found = self.lengths
        kind = data.tokenizer.kind
        had = f"; the texts to train on have {self.pieces} different pieces" if self.pieces else ""
        return (
            f"Each has up to {data.length} tokens with its end ({kind}; {found.least} to "
            f"{found.most}, half of them up to {found.median}, without it), out of "
            f"{data.symbols} symbols{had}."
        )

    def _choice(self, data: TextData) -> str:
        if self.unspaced and data.tokenizer.kind == "word":
            return (
                "These texts have no spaces between words, so that each of these tokens may be a "
                "whole clause; data.tokenizer.kind=character makes every character one."
            )
        if not self.without_words:
            return ""
        kind = "character" if self.unspaced else "word"
        return (
            f"A vocabulary of {kind}s would leave out {self.without_words:.0%} of the texts to "
            f"train on, so symbols are {kind}s and pieces of {kind}s; data.tokenizer.kind={kind} "
            f"keeps to {kind}s."
        )

    def _long(self, data: TextData) -> str:
        what = "Cut" if data.long == "cut" else "Left out"
        return _of_splits(f"{what} because they are longer", self.long)

    def _unknown(self, data: TextData) -> str:
        what = "Marked" if data.unknown == "mark" else "Left out"
        things = _TOKENS.get(data.tokenizer.kind, "tokens")
        said = _of_splits(f"{what} because of {things} outside the vocabulary", self.unknown)
        return said if data.unknown == "mark" else f"{said}{self._advice(data)}"

    def _advice(self, data: TextData) -> str:
        """Return what to do where much is left out because of what is not in the vocabulary."""
        share = sum(self.unknown) / max(1, self.texts - self.unlabelled)
        if share <= _MUCH:
            return ""
        kind = data.tokenizer.kind
        pieces = "" if kind in ("bpe", "byte") else "data.tokenizer.kind=bpe divides them, and "
        return (
            f" That is {share:.0%} of the texts: {pieces}data.unknown=mark puts a mark in their "
            "place."
        )

    def _changed(self) -> str:
        if not self.changed:
            return ""
        return (
            f"The tokenizer changes {numbered(self.changed, 'text')} (case, spaces or signs); the "
            "examples are what it makes of them."
        )


def _of_splits(what: str, tally: Sequence[int]) -> str:
    train, valid = tally
    return f"{what}: {train} to train on, {valid} held out." if train or valid else ""


def _preprocessing(data: TextData) -> str:
    if not data.ends:
        return "sequences of symbols, as they are drawn"
    case = ", in lower case" if data.tokenizer.lower else ""
    return f"NFC{case}, {data.tokenizer.kind} tokens"
