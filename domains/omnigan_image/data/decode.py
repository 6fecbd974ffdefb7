"""From the bytes of an image file to 8-bit pixels, whatever they hold."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from omnigan.walk import oddity
from omnigan_image.data.collection import Pixels, Raw, UnreadableImage, most_bytes
from omnigan_image.data.profiles import to_srgb

__all__ = ["Decoded", "decode", "has_alpha", "open_image", "pillow_limit", "upright_size"]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "DIB", "GIF", "TIFF", "PPM")
FRAMES, TURNED = "several frames", "turned as EXIF says"

_WIDTH, _HEIGHT, _ORIENTATION = 0x0100, 0x0101, 0x0112
_SIDEWAYS = range(5, 9)  # values of the EXIF orientation that swap height and width
_STRAIGHT = {"L": "L", "LA": "LA", "RGB": "RGB", "RGBA": "RGBA", "1": "L", "La": "LA"}
_ALPHA = {"L": "LA", "1": "LA", "RGB": "RGBA", "P": "RGBA"}  # with a transparent colour


@dataclass(frozen=True)
class Decoded:
    """One image.

    Attributes:
        pixels: ``[H, W, C]`` uint8, with 1 (grey), 2 (and alpha), 3 (RGB) or 4 channels.
        kind: Format and mode of the file, such as ``PNG RGBA``.
        traits: What else a person may want to know about it.
    """

    pixels: Pixels
    kind: str
    traits: tuple[str, ...] = ()


@contextmanager
def pillow_limit(max_pixels: int) -> Iterator[None]:
    """Let Pillow refuse larger images by itself, and keep its warnings about odd files quiet.

    Both are settings of the whole process, so this goes around all threads, not into each.
    """
    before = Image.MAX_IMAGE_PIXELS
    Image.init()  # loading plug-ins is not safe in threads
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Image.MAX_IMAGE_PIXELS = max_pixels
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def decode(raw: Raw, max_pixels: int) -> Decoded:
    """Return the pixels of an image, turned upright; the first frame of several.

    Call it within :func:`pillow_limit`.

    Raises:
        UnreadableImage: It has more than ``max_pixels`` pixels, or cannot be decoded.
        OSError: The file cannot be opened.
    """
    if isinstance(raw, np.ndarray):
        return Decoded(raw, f"array with {raw.shape[2]} channels")
    content = _content(raw, max_pixels)  # not below: Pillow raises an OSError for damage, too
    try:
        with open_image(content, max_pixels) as image:
            return _decoded(image)
    except UnreadableImage:
        raise
    except MemoryError as error:
        raise UnreadableImage("there is not enough memory to decode it") from error
    except Exception as error:  # a damaged file can fail in any way
        raise UnreadableImage(f"it cannot be decoded: {error or type(error).__name__}") from error


def open_image(raw: Path | bytes, max_pixels: int) -> Image.Image:
    """Read the head of an image file and check its size; the caller closes it.

    Raises:
        UnreadableImage: It is none of the known formats, or too large.
        OSError: The file cannot be opened.
    """
    content = _content(raw, max_pixels)
    if not content:
        raise UnreadableImage("it is empty")
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise UnreadableImage("it is no image of a known format, or its head is damaged") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImage(f"it has far more than data.max_pixels, {max_pixels}") from error
    except Exception as error:
        raise UnreadableImage(f"its head is damaged: {error or type(error).__name__}") from error
    width, height = image.size
    if width * height > max_pixels:
        image.close()
        raise UnreadableImage(
            f"{width} x {height} pixels are more than data.max_pixels, {max_pixels}"
        )
    return image


def _content(raw: Path | bytes, max_pixels: int) -> bytes:
    """Read a file that is not larger than any image of the allowed size could be."""
    if isinstance(raw, bytes):
        return raw
    if odd := oddity(raw):
        raise UnreadableImage(odd)
    limit = most_bytes(max_pixels)
    with raw.open("rb") as opened:
        # Not simply limit + 1: Python makes room for what it is asked for before it reads.
        content = opened.read(min(limit, os.fstat(opened.fileno()).st_size) + 1)
    if len(content) > limit:
        raise UnreadableImage(f"it is larger than {limit / 1e6:.0f} MB")
    return content


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Return height and width after turning the image as its EXIF data say."""
    if _orientation(image) not in _SIDEWAYS:
        return image.height, image.width
    tags = getattr(image, "tag_v2", {})  # newer versions of Pillow turn the size of TIFF files
    return int(tags.get(_WIDTH, image.width)), int(tags.get(_HEIGHT, image.height))


def has_alpha(image: Image.Image) -> bool:
    """Say whether an image has a channel of opacity, or a colour or a level that is transparent."""
    return image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged EXIF data are no reason to lose the image
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _decoded(image: Image.Image) -> Decoded:
    kind = f"{image.format} {image.mode}"
    turned = _orientation(image) != 1
    found = {TURNED: turned, FRAMES: _has_frames(image)}
    image.load()
    if turned:
        image = ImageOps.exif_transpose(image)  # TIFF files are turned by loading them
    image, colours = to_srgb(image)
    traits = tuple(trait for trait, is_so in {colours: bool(colours), **found}.items() if is_so)
    return Decoded(_pixels(image), kind, traits)


def _has_frames(image: Image.Image) -> bool:
    try:
        return bool(getattr(image, "is_animated", False)) and image.format != "MPO"
    except Exception:  # a later frame is damaged
        return True


def _pixels(image: Image.Image) -> Pixels:
    """Return ``[H, W, C]`` of an image in any mode."""
    mode = image.mode
    if mode.startswith("I"):
        return _from_16_bits(np.asarray(image))[..., None]
    if mode == "F":
        return _from_floats(np.asarray(image))[..., None]
    transparent = "transparency" in image.info
    straight = _ALPHA.get(mode) if transparent else _STRAIGHT.get(mode)
    if straight is None:  # a palette, or another way to write colours
        straight = "RGBA" if mode in ("PA", "RGBa") else "RGB"
    pixels = np.asarray(image if straight == mode else image.convert(straight))
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return _without_colour(pixels) if mode in ("P", "PA") else pixels


def _without_colour(pixels: Pixels) -> Pixels:
    """Return grey pixels where a palette had no other colours."""
    red, rest = pixels[..., :1], pixels[..., 1:3]
    return np.delete(pixels, (1, 2), axis=2) if (rest == red).all() else pixels


def _from_16_bits(values: NDArray[Any]) -> Pixels:
    if values.min() < 0 or values.max() > 65535:
        raise UnreadableImage(
            f"its values go from {values.min()} to {values.max()}, beyond 16 bits; "
            "save it with 8 or 16 bits"
        )
    return np.rint(values / 257).astype(np.uint8)


def _from_floats(values: NDArray[Any]) -> Pixels:
    low, high = float(values.min()), float(values.max())
    if not (low >= 0 and high <= 255):  # false for NaN
        raise UnreadableImage(
            f"its values go from {low:g} to {high:g}, neither from 0 to 1 nor from 0 to 255"
        )
    pixels: Pixels = np.rint(values * (255 if high <= 1 else 1)).astype(np.uint8)
    return pixels
