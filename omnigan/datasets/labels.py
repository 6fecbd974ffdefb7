"""Labels of examples: the names of their folders, and numbers for names."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from omnigan.errors import UserError

__all__ = ["chosen_names", "counted", "folder_labels", "label_names", "label_numbers"]

TOP = "other"
"""Label of files that lie beside the folders of the others."""


def folder_labels(names: Sequence[str]) -> list[str]:
    """Return the first folder in each path after those that all have in common."""
    parents = [PurePosixPath(name).parent.parts for name in names]
    shared = takewhile(lambda parts: len(set(parts)) == 1, zip(*parents, strict=False))
    common = len(list(shared))
    if all(len(parent) == common for parent in parents):
        common = max(0, common - 1)  # there is just one folder
    return [parent[common] if len(parent) > common else TOP for parent in parents]


def label_names(labels: Sequence[str | None]) -> tuple[str, ...]:
    """Return every label that occurs: numbers in their order, then words in theirs."""
    known = {label for label in labels if label is not None}
    numbers = {label for label in known if label.isascii() and label.isdecimal()}
    return (*sorted(numbers, key=_by_value), *sorted(known - numbers))


def _by_value(number: str) -> tuple[int, str, str]:
    digits = number.lstrip("0")
    return len(digits), digits, number  # int() refuses very many digits


def chosen_names(
    wanted: Sequence[str] | None, labels: Sequence[str | None], noun: str
) -> tuple[str, ...]:
    """Return the names of labels that are wanted, all that occur if none are named.

    Args:
        wanted: What ``data.label_names`` says.
        labels: Label of each example.
        noun: What an example is, for the error.

    Raises:
        UserError: None of the wanted labels occurs.
    """
    found = label_names(labels)
    names = tuple(wanted or found)
    if not set(names) & set(found):
        raise UserError(
            f"data.label_names: no {noun} has the label {', '.join(names[:5]) or 'of any name'}; "
            f"there are {', '.join(found[:5]) or 'none'}"
        )
    return names


def label_numbers(labels: Sequence[str | None], names: Sequence[str]) -> NDArray[np.int64]:
    """Return the place of each label among the names, -1 for none and for others."""
    known = {name: number for number, name in enumerate(names)}
    return np.array([-1 if label is None else known.get(label, -1) for label in labels], np.int64)


def counted(numbers: NDArray[np.int64], names: Sequence[str]) -> list[int]:
    """Return how many examples have each of the labels, given the number of each example's."""
    counts: list[int] = np.bincount(numbers, minlength=len(names)).tolist()
    return counts
