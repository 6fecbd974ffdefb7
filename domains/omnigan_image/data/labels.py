"""Labels of images: their folder, a CSV file, or what the source came with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from omnigan.datasets.label_table import (
    TABLE,
    look_up_labels,
    own_table,
    read_label_table,
    table_path,
)
from omnigan.datasets.labels import folder_labels
from omnigan.errors import UserError
from omnigan_image.data.file_sources import member_of
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
    if data.labels == "auto" and found.has_labels:
        return lambda names, own: list(own or [])
    place = _place(data.labels, found)
    if place is None:
        raise UserError(
            f"data.labels: images in '{data.source}' bring no labels of their own; write "
            "'folder' for the names of their folders, 'none', or the path of a CSV file, which may "
            f"lie there as {TABLE}"
        )
    path, words = place.path, ("none", "folder", "auto")
    table = read_label_table(path, data.label_column, words, content=place.content)
    return lambda names, own: look_up_labels(
        place.below(table, names), names, path, "an image", told
    )


@dataclass(frozen=True)
class _Place:
    """Where a table of labels is.

    Attributes:
        path: Its path, that of an archive and its path in it.
        content: What is in it, if it lies in an archive.
        folder: Of the archive, that its names of files may begin in.
    """

    path: Path
    content: bytes | None = None
    folder: str = "."

    def below(self, table: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
        """Return a table whose names begin at the top of the archive."""
        known = set(names)
        whole = {name: str(PurePosixPath(self.folder, name)) for name in table}
        return {whole[n] if whole[n] in known else n: label for n, label in table.items()}


def _place(written: str, found: Found) -> _Place | None:
    """Return where the table of labels is; None where a source should have one and has not."""
    own = written == "auto"
    path = own_table(found.path) if own else table_path(written, found.path)
    if found.kind in ("zip", "tar") and (path is None or not path.exists()):
        name = TABLE if own else PurePosixPath(written.replace("\\", "/")).as_posix()
        member = member_of(found.path, found.kind, name)
        if member is not None:
            place, content = member
            return _Place(found.path / place, content, str(PurePosixPath(place).parent))
    return None if path is None else _Place(path)
