"""From the data section of a recipe to training and held-out images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omnigan.datasets.files import check_readable
from omnigan.datasets.labels import chosen_names, counted, label_numbers
from omnigan.datasets.splits import split
from omnigan.domain import Notify, Split, silent
from omnigan_image.data.labels import labeller
from omnigan_image.data.load import stored_images
from omnigan_image.data.pictures import Pictures
from omnigan_image.data.report import Findings
from omnigan_image.data.sources import find
from omnigan_image.data.store import Stored
from omnigan_image.data_config import ImageData

__all__ = ["Images", "load_images"]

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Images:
    """The images of a source, split into two.

    Attributes:
        data: The config with nothing left open.
        stored: All images.
        train: Rows of those to train on, in random order.
        valid: Rows of those held out, in random order.
        labels: Label number of every row, -1 for those not used; None if unconditional.
        unlabelled: How many were left out because they have no label.
        table: What should be known about a table of labels.
    """

    data: ImageData
    stored: Stored
    train: Rows
    valid: Rows
    labels: Rows | None
    unlabelled: int
    table: Sequence[str]

    def source(self, split: Split) -> Pictures:
        """Return the training or the held-out images.

        Held-out ones are mirrored like those for training, so that what was learned from mirrored
        images is compared with its like.
        """
        rows = self.train if split == "train" else self.valid
        labels = None if self.labels is None else self.labels[rows]
        return Pictures(self.stored.pixels, self.stored.file, rows, labels, self.data.mirror)

    def label_counts(self) -> list[int]:
        """Return how many images to train on each label has; empty where there are no labels."""
        if self.labels is None:
            return []
        return counted(self.labels[self.train], self.data.label_names or ())

    def report(self) -> dict[str, Any]:
        """Return facts about the data as JSON values; ``summary`` is a list of sentences."""
        counts: Counter[str] = Counter()
        if self.labels is not None:
            used = self.labels[np.concatenate([self.train, self.valid])]
            names = self.data.label_names or ()
            counts.update({name: int((used == n).sum()) for n, name in enumerate(names)})
        return Findings(
            self.data,
            self.stored.facts,
            len(self.train),
            len(self.valid),
            counts,
            self.unlabelled,
            self.table,
            in_memory=self.stored.file is None,
        ).plain()


def load_images(data: ImageData, notify: Notify = silent) -> tuple[ImageData, Images]:
    """Read, fit, label and split the images of a source.

    Args:
        data: The data section of a recipe.
        notify: Told how many images have been read, if they are not in the cache.

    Returns:
        The config with everything filled in that was left to the data, and the images.

    Raises:
        UserError: The source or a setting does not give images; the message says why.
    """
    found = find(data.source, data.labels)
    told: list[str] = []
    label_of = labeller(data, found, told)
    data, stored = stored_images(data, found, notify)
    facts = stored.facts
    check_readable(facts.names, facts.reasons, data.source, "image")
    rows = np.array(facts.rows(), np.int64)
    texts = label_of(facts.names, facts.labels)
    labels = None
    if data.labels != "none":
        names = chosen_names(data.label_names, [texts[row] for row in rows], "image")
        data = data.model_copy(update={"label_names": names})
        labels = label_numbers(texts, names)
        rows = rows[labels[rows] >= 0]
    train, valid = split(
        facts.groups[rows],
        [0] * len(rows) if labels is None else labels[rows].tolist(),
        facts.digests[rows],
        data.held_out,
        data.split_seed,
        noun="image",
    )
    unlabelled = len(facts.names) - len(facts.reasons) - len(rows)
    train, valid = (_mixed(rows[chosen], data.split_seed) for chosen in (train, valid))
    return data, Images(data, stored, train, valid, labels, unlabelled, told)


def _mixed(rows: Rows, seed: int) -> Rows:
    """Return rows in random order: sources are often sorted, and parts of a split must be alike."""
    return np.random.default_rng(seed).permutation(rows)
