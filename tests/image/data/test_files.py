"""A user's own files for scoring."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from omnigan.errors import UserError
from omnigan_image.data import load_images, read_file

Make = Callable[..., Any]


def test_files_of_the_set_come_back_as_its_examples(photos: Path, config: Make) -> None:
    data, images = load_images(config(photos, size=(20, 15), channels=4, mirror=True))
    names = images.stored.facts.names
    x = torch.cat([read_file(photos / name, data) for name in names])
    assert x.shape == (10, 4, 20, 15)
    assert x.dtype == torch.float32
    plain = torch.tensor(images.stored.pixels) / 127.5 - 1
    torch.testing.assert_close(x, plain, rtol=0, atol=1e-6)


def test_bad_files_are_named(photos: Path, config: Make) -> None:
    data, _ = load_images(config(photos))
    (photos / "x.png").write_bytes(b"broken")
    with pytest.raises(UserError, match=r"x\.png: it is no image .* Name image files"):
        read_file(photos / "x.png", data)
    with pytest.raises(UserError, match=r"missing\.png: it cannot be opened: No such file"):
        read_file(photos / "missing.png", data)
    with pytest.raises(UserError, match=r"images: it cannot be opened: Is a directory"):
        read_file(photos, data)
    with pytest.raises(UserError, match=r"more than data\.max_pixels, 100"):
        read_file(photos / "a" / "0.png", data.model_copy(update={"max_pixels": 100}))
