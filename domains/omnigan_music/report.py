"""What was found in the data and done with it, for people and for files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from omnigan.wording import named

__all__ = ["Findings"]

_NAMED = 100  # broken files and duplicates that are named; the rest is only counted

Named = tuple[tuple[str, str], ...]


@dataclass
class Findings:
    """What loading a corpus met.

    Attributes:
        read: Pieces that were read.
        broken: Names of files that could not be read, with the reason.
        skipped: Names of files that were left out unread, with the reason.
        duplicates: Names of pieces left out as duplicates, with the one that was kept.
        variants: Pieces that share a melody with another; they are on one side of the split.
        split: ``piece``, or ``time`` where there was only one piece (or variants of one): then
            the end of each piece is held out.
        counts: How often anything else was found or done, by name.
    """

    read: int = 0
    broken: Named = ()
    skipped: Named = ()
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
            "duplicates": len(self.duplicates),
            "duplicates of": [f"{copy} = {kept}" for copy, kept in self.duplicates[:_NAMED]],
            "variants": self.variants,
            "split by": self.split,
            **{name: count for name, count in sorted(self.counts.items()) if count},
        }

    def sentences(self) -> list[str]:
        """Return what a person should know, one plain sentence each."""
        said = []
        if self.broken:
            said.append(f"Unreadable: {named(self.broken, 'file')}.")
        if self.skipped:
            said.append(f"Skipped: {named(self.skipped, 'file')}.")
        if self.duplicates:
            pairs = tuple((copy, f"as {kept}") for copy, kept in self.duplicates)
            said.append(f"Left out as duplicates: {named(pairs, 'piece')}.")
        if self.variants:
            said.append(
                f"{self.variants} pieces share a melody with another; no melody is both trained "
                "on and held out."
            )
        if self.split == "time":
            said.append("There is only one piece, so its end is held out.")
        other = [
            f"{name} ({count})"
            for name, count in sorted(self.counts.items())
            if count and name not in ("bars", "notes", "drum notes")
        ]
        if other:
            said.append(f"Also found: {', '.join(other)}.")
        return said
