"""Colours of images with a profile, as sRGB, which is what pixels without one are taken for."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageCms

from omnigan.walk import printable

__all__ = ["IGNORED", "to_srgb"]

IGNORED = "colour profile ignored"

_LONGEST = 40  # characters of a profile's name
_OUT = {"RGB": "RGB", "RGBA": "RGBA", "CMYK": "RGB", "L": "RGB"}  # there is no grey sRGB


def to_srgb(image: Image.Image) -> tuple[Image.Image, str]:
    """Return a loaded image in sRGB, and what was done to it, "" for nothing.

    A profile that is damaged, or of other colours than the image has, is ignored.
    """
    content = image.info.get("icc_profile")
    if not content:
        return image, ""
    try:
        name = _name(content)
        if name.startswith("sRGB"):
            return image, ""
        return _converted(image, content), f"converted from the profile {name or 'without a name'}"
    except Exception:  # of a library in C, about bytes that may be anything
        return image, IGNORED


def _converted(image: Image.Image, content: bytes) -> Image.Image:
    if image.mode in ("P", "PA") or "transparency" in image.info:
        opaque = image.mode == "P" and "transparency" not in image.info
        image = image.convert("RGB" if opaque else "RGBA")
    if image.mode == "LA":
        grey, alpha = image.split()
        return Image.merge("LA", (_applied(grey, content), alpha))
    return _applied(image, content)


def _applied(image: Image.Image, content: bytes) -> Image.Image:
    made = ImageCms.applyTransform(image, _transform(content, image.mode))
    assert made is not None  # it is another image, not this one changed
    return made.convert("L") if image.mode == "L" else made


@lru_cache(maxsize=32)
def _name(content: bytes) -> str:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(content))
    words = printable(ImageCms.getProfileDescription(profile)).split()
    return "".join(char for char in " ".join(words) if char.isprintable())[:_LONGEST]


@lru_cache(maxsize=32)
def _transform(content: bytes, mode: str) -> ImageCms.ImageCmsTransform:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(content))
    return ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, _OUT[mode])
