"""A user's own files as examples of a run, for scoring."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from omnigan.errors import UserError
from omnigan_image.data.collection import Pixels, UnreadableImage
from omnigan_image.data.decode import decode, pillow_limit
from omnigan_image.data.fit import Canvas
from omnigan_image.data.pictures import to_tensor
from omnigan_image.data_config import ImageData

__all__ = ["read_files"]


def read_files(paths: Sequence[Path], data: ImageData) -> Tensor:
    """Read image files and fit them like the images of a run; they are not mirrored.

    Args:
        paths: Image files.
        data: The data section of a run, resolved.

    Returns:
        ``[B, C, H, W]`` float32 in [-1, 1].

    Raises:
        UserError: A file cannot be read; the message names it.
    """
    canvas = Canvas.of(data)
    with pillow_limit(data.max_pixels):
        images = [_read(path, canvas, data.max_pixels) for path in paths]
    return to_tensor(np.stack(images)) if images else torch.zeros(0, *canvas.shape)


def _read(path: Path, canvas: Canvas, max_pixels: int) -> Pixels:
    try:
        return canvas.draw(decode(path, max_pixels).pixels)
    except UnreadableImage as error:
        reason = str(error)
    except OSError as error:
        reason = f"it cannot be opened: {error.strerror or error}"
    raise UserError(f"{path}: {reason}. Name image files such as .png or .jpg")
