"""A user's own file as an example of a run, for scoring."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from omnigan.errors import UserError
from omnigan_image.data.collection import UnreadableImage
from omnigan_image.data.decode import decode, pillow_limit
from omnigan_image.data.fit import Canvas
from omnigan_image.data.pictures import to_tensor
from omnigan_image.data_config import ImageData

__all__ = ["read_file"]


def read_file(path: Path, data: ImageData) -> Tensor:
    """Read an image file and fit it like the images of a run; it is not mirrored.

    Args:
        path: The file.
        data: The data section of a run, resolved.

    Returns:
        ``[1, C, H, W]`` float32 in [-1, 1].

    Raises:
        UserError: It cannot be read; the message names it.
    """
    try:
        with pillow_limit(data.max_pixels):
            pixels = decode(path, data.max_pixels).pixels
        return to_tensor(Canvas.of(data).draw(pixels)[None])
    except UnreadableImage as error:
        reason = str(error)
    except OSError as error:
        reason = f"it cannot be opened: {error.strerror or error}"
    raise UserError(f"{path}: {reason}. Name image files such as .png or .jpg")
