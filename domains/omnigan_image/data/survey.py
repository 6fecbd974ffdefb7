"""Size and channels of the model, where they are left to the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Literal

import numpy as np
from PIL import Image

from omnigan.errors import UserError
from omnigan.thinning import evenly
from omnigan_image.data.collection import Collection, Raw, UnreadableImage
from omnigan_image.data.decode import decode, has_alpha, open_image, pillow_limit, upright_size
from omnigan_image.data_config import ImageData

__all__ = ["settle"]

_LOOKED_AT = 1000  # images whose heads are read
_DECODED = 64  # of those with alpha, how many are decoded to see whether it is ever used
_COLOURED = 0.05  # share of images in colour that makes a set coloured
_LADDER = (16, 24, 32, 48, 64, 96, 128, 192, 256)  # sides of squares for images of mixed sizes
_LARGEST = _LADDER[-1]  # side of any image: photographs of more need hours for a few steps


@dataclass(frozen=True)
class _Head:
    """Height, width, whether in colour, and whether there is an alpha channel."""

    height: int
    width: int
    colour: bool
    alpha: bool


def settle(data: ImageData, collection: Collection) -> ImageData:
    """Return the config with ``size`` as (height, width) and ``channels`` as a number.

    Raises:
        UserError: None of the images that were looked at can be read.
    """
    size, channels = data.size, data.channels
    if isinstance(size, int):
        size = (size, size)
    with pillow_limit(data.max_pixels):
        heads = _heads(collection, data.max_pixels)
        if size == "auto":
            size = _size([(head.height, head.width) for head in heads.values()])
        if channels == "auto":
            channels = _channels(heads, collection, data.max_pixels)
    return data.model_copy(update={"size": size, "channels": channels})


def _heads(collection: Collection, max_pixels: int) -> dict[int, _Head]:
    heads: dict[int, _Head] = {}
    reason = ""
    count = len(collection.names)
    for place in evenly(count, min(count, _LOOKED_AT)):
        try:
            heads[place] = _head(collection.read(place), max_pixels)
        except (UnreadableImage, OSError) as error:
            reason = reason or f"{collection.names[place]}: {error}"
    if not heads:
        raise UserError(f"data.source: no image can be read ({reason})")
    return heads


def _head(raw: Raw, max_pixels: int) -> _Head:
    if isinstance(raw, np.ndarray):
        height, width, channels = raw.shape
        return _Head(height, width, channels > 2, channels in (2, 4))
    with open_image(raw, max_pixels) as image:
        return _Head(*upright_size(image), not _is_grey(image), has_alpha(image))


def _is_grey(image: Image.Image) -> bool:
    if image.mode == "P":
        levels = np.array(image.getpalette("RGB") or []).reshape(-1, 3)
        return bool((levels == levels[:, :1]).all())
    return image.mode in ("1", "L", "LA", "La", "F") or image.mode.startswith("I")


def _size(sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    if len(set(sizes)) == 1:
        height, width = sizes[0]
        scale = min(1.0, _LARGEST / max(height, width))
        return max(4, round(scale * height)), max(4, round(scale * width))
    middle = median_low(min(size) for size in sizes)
    side = max((step for step in _LADDER if step <= middle), default=_LADDER[0])
    return side, side


def _channels(
    heads: dict[int, _Head], collection: Collection, max_pixels: int
) -> Literal[1, 2, 3, 4]:
    """Return RGB if a few are in colour, with alpha if most have it and some of them use it."""
    colour = sum(head.colour for head in heads.values()) >= _COLOURED * len(heads)
    with_alpha = [place for place, head in heads.items() if head.alpha]
    alpha = 2 * len(with_alpha) > len(heads) and any(
        _is_see_through(collection, with_alpha[number], max_pixels)
        for number in evenly(len(with_alpha), min(len(with_alpha), _DECODED))
    )
    if colour:
        return 4 if alpha else 3
    return 2 if alpha else 1


def _is_see_through(collection: Collection, place: int, max_pixels: int) -> bool:
    try:
        pixels = decode(collection.read(place), max_pixels).pixels
    except (UnreadableImage, OSError):
        return False
    return pixels.shape[2] in (2, 4) and bool((pixels[..., -1] < 255).any())
