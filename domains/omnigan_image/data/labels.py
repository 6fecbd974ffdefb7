"""Labels of images: their folder, a CSV file, or what the source came with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path, PurePosixPath

from omnigan.errors import UserError
from omnigan.label_table import look_up_labels, read_label_table
from omnigan_image.data.sources import Found
from omnigan_image.data_config import ImageData

__all__ = ["label_names", "labeller"]

TOP = "other"
"""Label ``folder`` of images that lie beside the folders of the others."""

Labels = list[str | None]


def labeller(
    data: ImageData, found: Found
) -> Callable[[Sequence[str], Sequence[str] | None], Labels]:
    """Return a function that gives the labels of images from their names and their own labels.

    A mistake in ``data.labels`` shows here, before all images are decoded.

    Raises:
        UserError: It is neither a known word nor a CSV file, or does not suit the source.
    """
    if data.labels == "none":
        return lambda names, own: [None] * len(names)
    if data.labels == "folder":
        if found.kind not in ("files", "zip", "tar"):
            raise UserError(
                f"data.labels: '{data.source}' has no folders of images; write "
                f"{'auto' if found.has_labels else 'none'}"
            )
        return lambda names, own: list(_folders(names))
    if data.labels == "auto":
        if not found.has_labels:
            raise UserError(
                f"data.labels: images in '{data.source}' bring no labels of their own; write "
                "'folder' for the names of their folders, 'none', or the path of a CSV file"
            )
        return lambda names, own: list(own or [])
    path = Path(data.labels).expanduser()
    table = read_label_table(path, data.label_column, ("none", "folder", "auto"))
    return lambda names, own: look_up_labels(table, names, path, "an image")


def _folders(names: Sequence[str]) -> list[str]:
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
    return (*sorted(numbers, key=lambda text: (int(text), text)), *sorted(known - numbers))
