"""The text domain's ``data`` section."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from omnigan.domain import Section
from omnigan_text.grammar import ArithmeticData
from omnigan_text.oracle import OracleData

__all__ = ["LONGEST", "TextData", "TokenizerChoice"]

LONGEST = 1024
"""Most tokens an example may have."""


class TokenizerChoice(Section):
    """How texts are divided into tokens.

    Attributes:
        kind: ``word`` (words and punctuation marks, each with the space before it), ``character``,
            ``byte`` (of UTF-8), ``bpe`` (byte-level byte-pair encoding, trained on the training
            texts), or ``folder`` (a tokenizer of your own). ``auto``: words, or characters in
            scripts that have no spaces between words, as Chinese, Japanese or Thai, where these
            leave out at most half of the training texts, else ``bpe``.
        size: Most symbols. Of words and characters the most frequent ones are taken.
        least: Words and characters (with ``bpe``, pairs) that the training texts have less often
            are left out of the vocabulary.
        lower: Write texts in lower case first.
        folder: A folder that ``transformers.AutoTokenizer`` opens, with a ``tokenizer.json``.
    """

    kind: Literal["auto", "word", "character", "byte", "bpe", "folder"] = "auto"
    size: int = Field(default=2200, ge=3, le=1_000_000)
    least: int = Field(default=2, ge=1)
    lower: bool = False
    folder: str | None = None

    @model_validator(mode="after")
    def _folder_is_named(self) -> TokenizerChoice:
        if (self.kind == "folder") != (self.folder is not None):
            raise ValueError(
                "kind 'folder' and the key folder go together: name the folder of a tokenizer, or "
                "choose another kind"
            )
        return self


class TextData(Section):
    """Where the texts come from and how they become sequences of tokens.

    Attributes:
        source: A file or a folder of files (.txt, .md, .jsonl, .csv, .tsv, source code; also with
            .gz at the end), or ``docstrings`` (the first sentences of docstrings in Python's
            standard library), ``arithmetic`` (sentences of a small grammar) or ``oracle``
            (sequences that a random network of known density draws).
        unit: What an example is in files of plain text: a ``line``, or a ``paragraph``, which
            ends at an empty line. ``auto``: paragraphs in .txt, .md and .rst files whose lines are
            wrapped, or that have stanzas of about the same length, else lines.
        column: The column of a table, or the key in a .jsonl file, that holds the text. ``auto``:
            ``text``, or the only one that can be meant.
        labels: ``none``, ``folder`` (name of the sub-folder), ``file`` (name of the file),
            ``column`` (another column of the same table), ``auto`` (of docstrings: module, class
            or function), or the path of a CSV file with a column ``file``.
        label_column: The column or key that holds the label.
        label_names: Every label that occurs; filled in from the data.
        tokenizer: How texts are divided into tokens.
        length: Tokens of an example, its end included. ``auto``: as many as 19 of 20 training
            texts need.
        long: Whether longer texts are left out (``drop``), or only their beginning is taken
            (``cut``).
        unknown: Whether training texts with words or characters outside the vocabulary are left
            out (``drop``), or these are replaced by a symbol of their own (``mark``). ``drop``
            leaves out such held-out texts, too.
        held_out: Share of the texts that is never trained on.
        split_seed: Seed of that split.
        max_examples: Take only so many texts, evenly spread over the source.
        oracle: Which sequences the source ``oracle`` has.
        arithmetic: Which sentences the source ``arithmetic`` has.
        symbols: How many symbols there are; filled in from the data.
        ends: Whether texts have an end, which is symbol 0; filled in from the data.
        vocabulary: The tokenizer, as the text of a ``tokenizer.json``; filled in from the data.
    """

    source: str = "docstrings"
    unit: Literal["auto", "line", "paragraph"] = "auto"
    column: str = "auto"
    labels: str = "none"
    label_column: str = "label"
    label_names: tuple[str, ...] | None = None
    tokenizer: TokenizerChoice = TokenizerChoice()
    length: Annotated[int, Field(ge=2, le=LONGEST)] | Literal["auto"] = "auto"
    long: Literal["drop", "cut"] = "drop"
    unknown: Literal["drop", "mark"] = "drop"
    held_out: float = Field(default=0.1, gt=0, lt=1)
    split_seed: int = Field(default=0, ge=0)
    max_examples: int | None = Field(default=None, ge=2)
    oracle: OracleData = OracleData()
    arithmetic: ArithmeticData = ArithmeticData()
    symbols: int = Field(default=0, ge=0)
    ends: bool = True
    vocabulary: str = ""

    @property
    def tokens(self) -> int:
        """Length of an example in tokens, once it is known."""
        assert self.length != "auto"  # resolving has filled it in
        return self.length
