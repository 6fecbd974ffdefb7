"""Reads the texts of a source."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from omnigan.datasets.files import check_readable, spread
from omnigan.domain import Notify
from omnigan.errors import UserError
from omnigan_text.data.docstrings import docstrings
from omnigan_text.data.labels import labels_of_files, refuse_no_columns
from omnigan_text.data.lines import Unusable, read_lines
from omnigan_text.data.records import JSON_LINES, PROSE, TABLES, Record, kind_of, read_records
from omnigan_text.data.sources import Found
from omnigan_text.data_config import TextData
from omnigan_text.grammar import sentences

__all__ = ["Gathered", "clean", "gather", "holds_paragraphs"]

_LOOKED_AT = 2000  # lines of a file that show whether it has paragraphs
_FILES_LOOKED_AT = 20
_PARAGRAPH = (2, 30)  # least and most lines that paragraphs have on average


@dataclass
class Gathered:
    """Texts that are not blank, in the order of the source.

    Attributes:
        texts: As examples have them: NFC, without spaces around them.
        labels: Label of each, None where it has none.
        paragraphs: Whether an example of plain text is a paragraph.
        blank: How many others are blank.
        broken: How many others are not valid Unicode.
        reasons: Why a file could not be used, by number.
    """

    texts: list[str] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    paragraphs: bool = False
    blank: int = 0
    broken: int = 0
    reasons: dict[int, str] = field(default_factory=dict)

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
            places = spread(len(self.texts), most)
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
    labels = labels_of_files(data, found)
    files = [file for _, file in found.files]
    gathered.paragraphs = holds_paragraphs(files, data)
    for number, file in enumerate(files):
        before = len(gathered.texts)
        try:
            for record in read_records(file, data, gathered.paragraphs):
                gathered.add(record, labels[number], data.tokenizer.lower)
        except Unusable as error:
            gathered.reasons[number] = str(error)
        except OSError as error:
            gathered.reasons[number] = f"it cannot be read: {error.strerror or error}"
        if number in gathered.reasons:  # half of a file is worse than none
            del gathered.texts[before:], gathered.labels[before:]
        notify("reading files", number + 1, len(files))
    check_readable(found.names, gathered.reasons, data.source, "file")
    if data.labels == "column" and gathered.texts and not any(gathered.labels):
        refuse_no_columns(data, found)


def holds_paragraphs(files: Sequence[Path], data: TextData) -> bool:
    """Tell whether an example of plain text is a paragraph, as the config or the files say."""
    if data.unit != "auto":
        return data.unit == "paragraph"
    plain = [file for file in files if kind_of(file) not in JSON_LINES | TABLES]
    if any(kind_of(file) not in PROSE for file in plain):
        return False
    looked_at = [plain[place] for place in spread(len(plain), _FILES_LOOKED_AT)]
    counts = [_counted(file) for file in looked_at]
    lines, paragraphs = sum(count[0] for count in counts), sum(count[1] for count in counts)
    least, most = _PARAGRAPH
    is_divided = paragraphs >= 2 * max(1, len(looked_at))
    return is_divided and least * paragraphs <= lines <= most * paragraphs


def _counted(file: Path) -> tuple[int, int]:
    """Return how many lines and paragraphs the beginning of a file has, 0 if it is unreadable."""
    lines, paragraphs, inside = 0, 0, False
    try:
        for line in islice(read_lines(file), _LOOKED_AT):
            blank = line.isspace()
            lines += not blank
            paragraphs += not blank and not inside
            inside = not blank
    except (Unusable, OSError):
        return 0, 0
    return lines, paragraphs
