"""From pixels of any size and kind to the size and the channels of the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from PIL import Image

from omnigan_image.data.collection import Pixels
from omnigan_image.data_config import ImageData

__all__ = ["Canvas"]

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_FILTERS = {
    "lanczos": Image.Resampling.LANCZOS,
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "box": Image.Resampling.BOX,
    "nearest": Image.Resampling.NEAREST,
}


@dataclass(frozen=True)
class Canvas:
    """How images become alike.

    Attributes:
        height: Height of the result.
        width: Width of the result.
        channels: 1 to 4.
        fit: See :class:`omnigan_image.data_config.ImageData`.
        filter: See there.
        background: Grey level, or red, green and blue.
    """

    height: int
    width: int
    channels: int
    fit: str
    filter: str
    background: int | tuple[int, int, int]

    @classmethod
    def of(cls, data: ImageData) -> Self:
        """Return the canvas of a resolved config."""
        assert isinstance(data.size, tuple)
        assert isinstance(data.channels, int)
        return cls(*data.size, data.channels, data.fit, data.filter, data.background)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        return self.channels, self.height, self.width

    def enlarges(self, height: int, width: int) -> bool:
        """Say whether an image of this size gets more pixels along an axis than it has."""
        return self.scale(height, width) > 1

    def draw(self, pixels: Pixels) -> Pixels:
        """Return ``[C, H, W]`` of pixels ``[h, w, c]``.

        Colours count in proportion to their opacity when they are mixed by resampling, so that the
        colour of invisible pixels leaves no fringe; those that stay invisible get the background's.
        """
        image = self._in_mode(pixels)
        image = self._keep(image) if self.fit == "keep" else self._resized(image)
        drawn = np.asarray(image).reshape(self.height, self.width, self.channels)
        if self.channels in (2, 4):
            blank = np.asarray(self._blank()).reshape(drawn.shape)
            drawn = np.where(drawn[..., -1:] == 0, blank, drawn)
        return np.ascontiguousarray(drawn.transpose(2, 0, 1))

    # ---- channels --------------------------------------------------------------------------

    def _in_mode(self, pixels: Pixels) -> Image.Image:
        channels = pixels.shape[2]
        image = Image.fromarray(pixels[..., 0] if channels == 1 else np.ascontiguousarray(pixels))
        if channels in (2, 4) and self.channels in (1, 3):
            behind = Image.new("RGBA", image.size, (*self._colour(), 255))
            image = Image.alpha_composite(behind, image.convert("RGBA")).convert("RGB")
        mode = _MODES[self.channels]
        return image if image.mode == mode else image.convert(mode)

    def _colour(self) -> tuple[int, int, int]:
        level = self.background
        return level if isinstance(level, tuple) else (level, level, level)

    def _blank(self) -> Image.Image:
        """Return the empty canvas: the background, invisible where there is alpha."""
        pixel = Image.new("RGBA", (1, 1), (*self._colour(), 0))
        if self.channels in (1, 3):
            pixel = pixel.convert("RGB")
        return pixel.convert(_MODES[self.channels]).resize((self.width, self.height), 0)

    # ---- size ------------------------------------------------------------------------------

    def scale(self, height: int, width: int) -> float:
        """Return the larger factor that the sides are multiplied by."""
        factors = (self.height / height, self.width / width)
        if self.fit == "keep":
            return 1.0
        return min(factors) if self.fit == "pad" else max(factors)

    def _keep(self, image: Image.Image) -> Image.Image:
        """Cut off what is too much and pad what is missing, half on each side."""
        left, top = max(0, image.width - self.width) // 2, max(0, image.height - self.height) // 2
        image = image.crop(
            (left, top, min(image.width, left + self.width), min(image.height, top + self.height))
        )
        canvas = self._blank()
        canvas.paste(image, ((self.width - image.width) // 2, (self.height - image.height) // 2))
        return canvas

    def _resized(self, image: Image.Image) -> Image.Image:
        method = _FILTERS[self.filter]
        scale = self.scale(image.height, image.width)
        if self.fit == "stretch":
            return image.resize((self.width, self.height), method)
        if scale == 1:
            return self._keep(image)  # pixels stay what they are
        if self.fit == "pad":
            inner = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
            return self._keep(image.resize(inner, method))
        # Cutting and resizing at once never makes the whole of a very long image larger.
        width, height = min(image.width, self.width / scale), min(image.height, self.height / scale)
        left, top = (image.width - width) / 2, (image.height - height) / 2
        box = (left, top, min(image.width, left + width), min(image.height, top + height))
        return image.resize((self.width, self.height), method, box)
