"""Labels of images: their folder, a CSV file, or what the source came with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from omnigan.datasets.label_table import look_up_labels, read_label_table
from omnigan.datasets.labels import folder_labels
from omnigan.errors import UserError
from omnigan.paths import user_path
from omnigan_image.data.sources import Found
from omnigan_image.data_config import ImageData

__all__ = ["labeller"]

Labels = list[str | None]


def labeller(
    data: ImageData, found: Found, told: list[str]
) -> Callable[[Sequence[str], Sequence[str] | None], Labels]:
    """Return a function that gives the labels of images from their names and their own labels.

    A mistake in ``data.labels`` shows here, before all images are decoded.

    Args:
        data: The config.
        found: The source.
        told: Takes what should be known about a table of labels, once labels are asked for.

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
        return lambda names, own: list(folder_labels(names))
    if data.labels == "auto":
        if not found.has_labels:
            raise UserError(
                f"data.labels: images in '{data.source}' bring no labels of their own; write "
                "'folder' for the names of their folders, 'none', or the path of a CSV file"
            )
        return lambda names, own: list(own or [])
    path = user_path(data.labels, "data.labels")
    table = read_label_table(path, data.label_column, ("none", "folder", "auto"))
    return lambda names, own: look_up_labels(table, names, path, "an image", told)
