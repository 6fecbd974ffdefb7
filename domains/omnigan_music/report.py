"""What was found in the data and done with it, for people and for files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from omnigan.datasets.sentences import said, tally, unreadable
from omnigan.wording import named, numbered

__all__ = ["OTHER_METER", "Findings"]

_UNTAKEN = "notes that no track takes"
_NAMED = 100  # broken files and duplicates that are named; the rest is only counted
_SAID = 5  # meters or instruments in a sentence
_OWN_SENTENCE = ("bars", "notes", "drum notes", "pieces without a phrase", _UNTAKEN)

OTHER_METER = "other meters"
"""Of pieces without a bar of any meter that a recipe can name."""

Named = tuple[tuple[str, str], ...]


@dataclass
class Findings:
    """What loading a corpus met.

    Attributes:
        read: Pieces that were read.
        broken: Names of files that could not be read, with the reason.
        skipped: Names of files that were left out unread, with the reason.
        without_phrase: Names of pieces left out because they have no phrase, with their commonest
            meter.
        table: What should be known about a table of labels.
        unused_labels: Labels of pieces that were all left out.
        untaken: How many notes of which instruments no track takes, in pieces that are used.
        duplicates: Names of pieces left out as duplicates, with the one that was kept.
        variants: Pieces that share a melody with another; they are on one side of the split.
        split: ``piece``, or ``time`` where there was only one piece (or variants of one): then
            the end of each piece is held out.
        counts: How often anything else was found or done, by name.
    """

    read: int = 0
    broken: Named = ()
    skipped: Named = ()
    without_phrase: Named = ()
    unused_labels: tuple[str, ...] = ()
    table: Sequence[str] = ()
    untaken: Counter[str] = field(default_factory=Counter)
    duplicates: Named = ()
    variants: int = 0
    split: str = "piece"
    counts: Counter[str] = field(default_factory=Counter)

    def plain(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "pieces read": self.read,
            "files broken": len(self.broken),
            "broken": [f"{name}: {reason}" for name, reason in self.broken[:_NAMED]],
            "files skipped": len(self.skipped),
            "skipped": [f"{name}: {reason}" for name, reason in self.skipped[:_NAMED]],
            "without a phrase": [f"{name}: {why}" for name, why in self.without_phrase[:_NAMED]],
            "labels without a phrase": list(self.unused_labels),
            "instruments that no track takes": dict(self.untaken.most_common()),
            "duplicates": len(self.duplicates),
            "duplicates of": [f"{copy} = {kept}" for copy, kept in self.duplicates[:_NAMED]],
            "variants": self.variants,
            "split by": self.split,
            **{name: count for name, count in sorted(self.counts.items()) if count},
        }

    def left_out(self, meter: str, bars: int) -> list[str]:
        """Return how many pieces have no phrase, and what would learn them.

        Args:
            meter: That of the phrases.
            bars: How many a phrase has.
        """
        if not self.without_phrase:
            return []
        own = Counter(found for _, found in self.without_phrase)
        meters = sorted(own, key=lambda found: (-own[found], found))
        count = len(self.without_phrase)
        other = next((found for found in meters if found not in (meter, OTHER_METER)), None)
        advice = "" if other is None else f"; data.meter={other} learns those in {other} instead"
        return [
            f"{count} of {numbered(self.read, 'piece')} {'is' if count == 1 else 'are'} left out: "
            f"no {numbered(bars, 'bar')} of {meter} in a row with notes in at least half of them "
            f"({_listed([(found, own[found]) for found in meters])}){advice}."
        ]

    def unheard(self) -> list[str]:
        """Return which instruments no track takes."""
        if not self.untaken:
            return []
        return [
            f"No track takes {numbered(self.untaken.total(), 'note')} "
            f"({_listed(self.untaken.most_common())}); data.tracks can name a track for them."
        ]

    def sentences(self) -> list[str]:
        """Return what a person should know, one plain sentence each."""
        copied = [(copy, f"as {kept}") for copy, kept in self.duplicates]
        other = {n: count for n, count in sorted(self.counts.items()) if n not in _OWN_SENTENCE}
        labels = ", ".join(self.unused_labels)
        return said(
            *self.table,
            unreadable(self.broken, "file"),
            f"No piece of these labels has a phrase, so the model has none of them: {labels}."
            if labels
            else "",
            f"Skipped: {named(self.skipped, 'file')}." if self.skipped else "",
            f"Left out as duplicates: {named(copied, 'piece')}." if copied else "",
            f"{self.variants} pieces share a melody with another; no melody is both trained on and "
            "held out."
            if self.variants
            else "",
            "There is only one piece, so its end is held out." if self.split == "time" else "",
            tally("Also found", {name: count for name, count in other.items() if count}),
        )


def _listed(counts: Sequence[tuple[str, int]]) -> str:
    first = [f"{name}: {count}" for name, count in counts[:_SAID]]
    return ", ".join([*first, "..."] if len(counts) > _SAID else first)
