"""PNGs that are written without any library for images are read by one as the domain's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from omnigan_image.grid_picture import to_picture
from omnigan_image.picture_file import write


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pixels_and_mode_are_those_of_the_domain(channels: int, tmp_path: Path) -> None:
    x = 1.2 * torch.randn(channels, 9, 7).clamp(-1, 1)
    x[0, 0, :4] = torch.tensor([-1.0, 1.0, 0.0, 1 / 255])
    path = write(x.numpy(), {"kind": "image"}, tmp_path / "picture")
    assert path == tmp_path / "picture.png"
    with Image.open(path) as image:
        image.verify()  # checks every checksum
    with Image.open(path) as image:
        wanted = to_picture(x)
        assert (image.mode, image.size) == (wanted.mode, (7, 9))
        assert np.array_equal(np.asarray(image), np.asarray(wanted))
