"""From a source to fitted images, by way of the cache."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from omnigan.cache import cache_folder, read_sealed, write_sealed
from omnigan.datasets.contents import Contents, contents_of
from omnigan.datasets.rows import cache_key
from omnigan.domain import Notify
from omnigan.thinning import evenly
from omnigan_image.data.collection import Collection
from omnigan_image.data.fit import Canvas
from omnigan_image.data.sources import Found, open_source
from omnigan_image.data.store import VERSION, Stored, make, recall
from omnigan_image.data.survey import settle
from omnigan_image.data_config import ImageData

__all__ = ["stored_images"]

_Item = TypeVar("_Item")


def stored_images(data: ImageData, found: Found, notify: Notify) -> tuple[ImageData, Stored]:
    """Return the fitted images of a source, and the config with their size and channels.

    An archive or a large array is opened only when its images are not in the cache.

    Raises:
        UserError: The source is damaged, or holds no images.
    """
    if isinstance(data.size, int):
        data = data.model_copy(update={"size": (data.size, data.size)})
    contents = contents_of(found.path, _read_parts(data, found), notify)
    identity = [found.kind, contents.identity, *_read_settings(data)]
    settled = _settled(data, identity)
    stored = None
    if settled is not None:
        canvas = Canvas.of(settled)
        stored = recall(cache_key(VERSION, identity, *_settings(canvas)), canvas.shape)
    if settled is None or stored is None:
        with open_source(found, data) as collection:
            limited = _limited(collection, data)
            settled, stored = _made(data, settled, identity, limited, notify, contents=contents)
    if found.kind == "files":  # which others lie there is not part of the identity
        names = [name for name, _ in _some(found.files, data)]  # nor what a file alone is called
        stored = replace(stored, facts=replace(stored.facts, names=names, ignored=found.ignored))
    return settled, stored


def _read_parts(data: ImageData, found: Found) -> Sequence[tuple[str, Path]]:
    """Return the files that images are read from."""
    return _some(found.parts, data) if found.kind == "files" else found.parts


def _read_settings(data: ImageData) -> list[Any]:
    """Return what images depend on beside their files, except for how they are fitted."""
    own_labels = [data.label_column] if data.labels == "auto" else []
    return [data.array, own_labels, [data.max_images, data.max_pixels]]


def _settings(canvas: Canvas) -> list[Any]:
    return [*canvas.shape, canvas.fit, canvas.filter, canvas.background]


def _limited(collection: Collection, data: ImageData) -> Collection:
    places = range(len(collection.names))
    kept = _some(places, data)
    return collection if len(kept) == len(places) else collection.part(kept)


def _some(items: Sequence[_Item], data: ImageData) -> Sequence[_Item]:
    """Return as many as are wanted, evenly spread."""
    if data.max_images is None or data.max_images >= len(items):
        return items
    return [items[place] for place in evenly(len(items), data.max_images)]


def _made(
    data: ImageData,
    settled: ImageData | None,
    identity: list[Any],
    collection: Collection,
    notify: Notify,
    *,
    contents: Contents,
) -> tuple[ImageData, Stored]:
    if settled is None:
        settled = settle(data, collection)
        note = json.dumps({"size": settled.size, "channels": settled.channels})
        if contents.unchanged():
            write_sealed(_note(data, identity), note.encode())
    canvas = Canvas.of(settled)
    key = cache_key(VERSION, identity, *_settings(canvas))
    return settled, make(
        key, collection, canvas, data.max_pixels, notify, unchanged=contents.unchanged
    )


def _settled(data: ImageData, identity: list[Any]) -> ImageData | None:
    """Return the config with a size and channels that need no look at the data, if any do."""
    if isinstance(data.size, tuple) and isinstance(data.channels, int):
        return data
    try:
        note = json.loads(read_sealed(_note(data, identity)))
        size, channels = note["size"], note["channels"]
        settled = {**data.model_dump(), "size": size, "channels": channels}
        data = ImageData.model_validate(settled)
    except (OSError, ValueError, TypeError, KeyError):  # pydantic's errors are ValueErrors
        return None
    return data if isinstance(data.size, tuple) and isinstance(data.channels, int) else None


def _note(data: ImageData, identity: list[Any]) -> Path:
    """Return the file that keeps what was read off the data before."""
    key = cache_key(VERSION, identity, data.size, data.channels)
    return cache_folder("image", f"settled-{key}.json")
