"""Images as files that a person can open."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor

from omnigan.domain import Artifact, Notify, silent
from omnigan.told import told
from omnigan_image.grid_picture import columns_for, grid_picture, to_picture

__all__ = ["animate", "render", "render_grid", "render_pairs"]

FRAME_MS = 60


def render(x: Tensor, folder: Path, notify: Notify = silent) -> list[Artifact]:
    """Write each image as ``NNN.png``.

    Args:
        x: Images ``[B, C, H, W]`` in [-1, 1].
        folder: Existing folder to write into.
        notify: Told how many are done.
    """
    digits = max(3, len(str(len(x) - 1)))
    artifacts = []
    for number, image in enumerate(told(list(x), "writing samples", notify)):
        path = folder / f"{number:0{digits}d}.png"
        to_picture(image).save(path)
        artifacts.append(Artifact(path, "image", f"Image {number + 1}"))
    return artifacts


def render_grid(x: Tensor, labels: int, folder: Path) -> list[Artifact]:
    """Write all images as ``grid.png``, with a row for each label where that makes a fair picture.

    Args:
        x: Images ``[B, C, H, W]`` in [-1, 1], sorted by label if there are any.
        labels: Number of labels of the model; 0 if it has none.
        folder: Existing folder to write into.
    """
    path = folder / "grid.png"
    grid_picture(x, columns_for(len(x), labels)).save(path)
    return [Artifact(path, "image", "All images")]


def render_pairs(x: Tensor, y: Tensor, folder: Path) -> list[Artifact]:
    """Write ``pairs.png``: each image of x on the left of its counterpart in y.

    Rows hold whole pairs, and there are about as many images in a row as there are rows.

    Args:
        x: Images ``[B, C, H, W]`` in [-1, 1].
        y: As many.
        folder: Existing folder to write into.
    """
    path = folder / "pairs.png"
    columns = 2 * max(1, round(math.sqrt(len(x) / 2)))
    grid_picture(torch.stack([x, y], 1).flatten(0, 1), columns, together=2).save(path)
    return [Artifact(path, "image", "All pairs")]


def animate(x: Tensor, folder: Path) -> list[Artifact]:
    """Write images ``[B, C, H, W]`` as the frames of ``path.webp``, there and back, and a strip.

    WebP, because GIF has 256 colours only.
    """
    frames = [grid_picture(frame.unsqueeze(0), 1) for frame in [*x, *x[1:-1].flip(0)]]
    mode = "RGBA" if x.shape[1] in {2, 4} else "RGB"
    first, *others = [frame.convert(mode) for frame in frames]
    film, strip = folder / "path.webp", folder / "path.png"
    first.save(film, save_all=True, append_images=others, duration=FRAME_MS, loop=0, lossless=True)
    grid_picture(x, min(len(x), 10)).save(strip)
    return [Artifact(film, "image", "The way as a film"), Artifact(strip, "image", "Its frames")]
