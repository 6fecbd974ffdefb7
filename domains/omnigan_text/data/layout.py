"""Whether an example of plain text is a line or a paragraph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice, pairwise
from pathlib import Path

import numpy as np

from omnigan.thinning import evenly
from omnigan_text.data.lines import Unusable, read_lines
from omnigan_text.data.records import JSON_LINES, PROSE, TABLES, kind_of
from omnigan_text.data_config import TextData

__all__ = ["Layout", "holds_paragraphs", "is_plain", "layout_of"]

_LOOKED_AT = 2000  # lines of a file that show whether it has paragraphs
_FILES_LOOKED_AT = 20
_FEWEST = 2  # blocks of a file, on average
_BLOCK = (2, 20)  # least and most lines of the block in the middle
_WRAPPED = 0.5  # share of lines that go on in the next one, in text that is wrapped
_SHORTER = 0.85  # the last line of a paragraph ends anywhere, and is half as long on average
_NARROWEST = 40  # signs; no text is wrapped to less, while lists of short lines look as if
_WIDTH = 0.75  # quantile of lengths that is near the width of wrapping; above are tables
_ALIKE = 0.5  # mean deviation of the lengths of stanzas from the middle one, as a share of it
_CLOSING = "\"')]*_\u201d\u2019\u00bb"
_ENDS = (".", "!", "?", "\u3002", "\uff01", "\uff1f")


@dataclass
class Layout:
    """How the lines of files lie.

    Attributes:
        blocks: How many lines there are without a blank one between them, block by block.
        upper: How many signs lines have that are not the last of their block.
        last: How many the last lines of blocks of several lines have.
        wrapped: How many lines go on in the next: they do not end a sentence, and have no room for
            its first word.
    """

    blocks: list[int] = field(default_factory=list)
    upper: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    wrapped: int = 0

    def add(self, lines: Iterable[str]) -> None:
        """Add the lines of a file."""
        stripped = (line.strip() for line in lines)
        blocks = [list(block) for filled, block in groupby(stripped, bool) if filled]
        pairs = [pair for block in blocks for pair in pairwise(block)]
        upper = [len(line) for line, _ in pairs]
        self.blocks += [len(block) for block in blocks]
        self.upper += upper
        self.last += [len(block[-1]) for block in blocks if len(block) > 1]
        if pairs:
            width = float(np.quantile(upper, _WIDTH))
            self.wrapped += sum(_goes_on(*pair, width) for pair in pairs)

    def has_paragraphs(self) -> bool:
        """Tell whether blank lines divide paragraphs or stanzas, and not a list here and there.

        Between the blank lines of a list are as many lines as chance has it, one or forty. Stanzas
        are about as long as one another; paragraphs need not be, but their lines are wrapped.
        """
        middle = float(np.median(self.blocks))
        if self._is_wrapped():
            return middle <= _BLOCK[1]
        # Where chance puts the blank lines, this is about as large as the middle itself.
        deviation = float(np.abs(np.array(self.blocks) - middle).mean())
        return _BLOCK[0] <= middle <= _BLOCK[1] and deviation < _ALIKE * middle

    def _is_wrapped(self) -> bool:
        # A novel may have most paragraphs in one line, but not most lines in such paragraphs.
        if 2 * self.blocks.count(1) >= sum(self.blocks):
            return False
        is_ragged = np.median(self.last) < _SHORTER * np.median(self.upper)
        return bool(is_ragged and self.wrapped >= _WRAPPED * len(self.upper))


def _goes_on(line: str, following: str, width: float) -> bool:
    room = len(line) + 1 + len(following.split(maxsplit=1)[0])
    return width >= _NARROWEST and room > width and not line.rstrip(_CLOSING).endswith(_ENDS)


def layout_of(files: Sequence[Path]) -> Layout:
    """Return how the beginnings of files lie; those that are unreadable count for nothing."""
    layout = Layout()
    for file in files:
        try:
            layout.add(islice(read_lines(file), _LOOKED_AT))
        except (Unusable, OSError):
            continue
    return layout


def is_plain(file: Path) -> bool:
    """Tell whether a file is plain text, whose unit is a matter of choice."""
    return kind_of(file) not in JSON_LINES | TABLES


def holds_paragraphs(files: Sequence[Path], data: TextData) -> bool:
    """Tell whether an example of plain text is a paragraph, as the config or the files say."""
    if data.unit != "auto":
        return data.unit == "paragraph"
    plain = [file for file in files if is_plain(file)]
    if any(kind_of(file) not in PROSE for file in plain):
        return False
    looked_at = [plain[place] for place in evenly(len(plain), min(len(plain), _FILES_LOOKED_AT))]
    layout = layout_of(looked_at)
    is_divided = len(layout.blocks) >= _FEWEST * max(1, len(looked_at))
    return is_divided and layout.has_paragraphs()
