"""Reads the texts of a source."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from omnigan.datasets.files import check_readable
from omnigan.domain import Notify
from omnigan.errors import UserError
from omnigan.thinning import evenly
from omnigan_text.data.docstrings import docstrings
from omnigan_text.data.labels import labels_of_files, refuse_no_columns
from omnigan_text.data.layout import holds_paragraphs, is_plain
from omnigan_text.data.lines import Unusable
from omnigan_text.data.records import Record, read_records
from omnigan_text.data.sources import Found
from omnigan_text.data_config import TextData
from omnigan_text.grammar import sentences

__all__ = ["Gathered", "clean", "gather"]


@dataclass
class Gathered:
    """Texts that are not blank, in the order of the source.

    Attributes:
        texts: As examples have them: NFC, without spaces around them.
        labels: Label of each, None where it has none.
        plain: Whether there are files of plain text.
        paragraphs: Whether an example of plain text is a paragraph.
        blank: How many others are blank.
        broken: How many others are not valid Unicode.
        reasons: Why a file could not be used, by number.
        table: What should be known about a table of labels.
        lines: Names of files that could, each with what is wrong with a line of it.
    """

    texts: list[str] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    plain: bool = False
    paragraphs: bool = False
    blank: int = 0
    broken: int = 0
    reasons: dict[int, str] = field(default_factory=dict)
    table: list[str] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)

    def add(self, record: Record, label: str | None, lower: bool) -> None:
        """Take a text, or count why not."""
        text = clean(record.text, lower)
        if not text:
            self.blank += 1
        elif not _is_unicode(text):
            self.broken += 1
        else:
            self.texts.append(text)
            self.labels.append(record.label if label is None else label)

    def some(self, most: int | None) -> None:
        """Keep only so many, evenly spread."""
        if most is not None and most < len(self.texts):
            places = evenly(len(self.texts), most)
            self.texts = [self.texts[place] for place in places]
            self.labels = [self.labels[place] for place in places]


def gather(found: Found, data: TextData, notify: Notify) -> Gathered:
    """Read all texts of a source.

    Raises:
        UserError: Most files cannot be used, or there is no text in them.
    """
    gathered = Gathered()
    if found.files:
        _read_files(gathered, found, data, notify)
    else:
        for text, label in _made(data, notify):
            gathered.add(Record(text, label), None, data.tokenizer.lower)
    if not gathered.texts:
        what = "is empty" if not gathered.blank else f"has only {gathered.blank} blank lines"
        raise UserError(f"data.source: '{data.source}' {what}. Give at least two different texts")
    gathered.some(data.max_examples)
    return gathered


def clean(text: str, lower: bool) -> str:
    """Return a text as examples have it: NFC, without spaces around it, perhaps in lower case."""
    text = text.strip()
    if lower:
        text = text.lower()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _is_unicode(text: str) -> bool:
    """Tell whether a text has no halves of surrogate pairs, which JSON can write."""
    return text.isascii() or text.encode("utf-8", "ignore").decode() == text


def _made(data: TextData, notify: Notify) -> Iterable[tuple[str, str | None]]:
    if data.source == "docstrings":
        return [
            (sentence, kind if data.labels == "auto" else None)
            for sentence, kind in docstrings(notify)
        ]
    return [(sentence, None) for sentence in sentences(data.arithmetic)]


def _read_files(gathered: Gathered, found: Found, data: TextData, notify: Notify) -> None:
    labels = labels_of_files(data, found, gathered.table)
    files = [file for _, file in found.files]
    gathered.plain = any(map(is_plain, files))
    gathered.paragraphs = holds_paragraphs(files, data)
    for number, file in enumerate(files):
        before = len(gathered.texts)
        broken: list[str] = []
        try:
            for record in read_records(file, data, gathered.paragraphs, broken):
                gathered.add(record, labels[number], data.tokenizer.lower)
        except Unusable as error:
            gathered.reasons[number] = str(error)
        except OSError as error:
            gathered.reasons[number] = f"it cannot be read: {error.strerror or error}"
        if number in gathered.reasons:  # half of a file is worse than none
            del gathered.texts[before:], gathered.labels[before:]
        gathered.lines += [(found.names[number], why) for why in broken]
        notify("reading files", number + 1, len(files))
    check_readable(found.names, gathered.reasons, data.source, "file")
    if data.labels == "column" and gathered.texts and not any(gathered.labels):
        refuse_no_columns(data, found)
