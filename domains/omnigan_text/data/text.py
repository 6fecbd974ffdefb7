"""From the data section of a recipe to training and held-out texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omnigan.datasets.labels import counted
from omnigan.domain import Notify, Split, silent
from omnigan_text.data.rows import Rows
from omnigan_text.data.sources import find
from omnigan_text.data.store import Stored, stored_texts
from omnigan_text.data_config import TextData

__all__ = ["Text", "load_text"]


@dataclass(frozen=True)
class Text:
    """The texts of a source, split into two.

    Attributes:
        stored: All examples, those to train on first.
    """

    stored: Stored

    def source(self, split: Split) -> Rows:
        """Return the training or the held-out examples."""
        stored, train = self.stored, self.stored.findings.examples[0]
        part = slice(0, train) if split == "train" else slice(train, len(stored.rows))
        return Rows(stored.rows, stored.file, part, stored.labels)

    def label_counts(self) -> list[int]:
        """Return how many texts to train on each label has; empty where there are no labels."""
        stored = self.stored
        if stored.labels is None:
            return []
        train = stored.labels[: stored.findings.examples[0]]
        return counted(train, stored.data.label_names or ())

    def report(self) -> dict[str, Any]:
        """Return facts about the data as JSON values; ``summary`` is a list of sentences."""
        return self.stored.findings.plain(self.stored.data)


def load_text(data: TextData, notify: Notify = silent) -> tuple[TextData, Text]:
    """Read, split and encode the texts of a source.

    Args:
        data: The data section of a recipe.
        notify: Told how many files have been read, if they are not in the cache.

    Returns:
        The config with everything filled in that was left to the data, and the texts.

    Raises:
        UserError: The source or a setting does not give texts; the message says why.
    """
    stored = stored_texts(find(data), data, notify)
    return stored.data, Text(stored)
