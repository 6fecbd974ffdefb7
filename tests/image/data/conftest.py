"""Images and a cache of the test's own, for the data side of the image domain."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from omnigan_image.data_config import ImageData

Pixels = NDArray[np.uint8]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use a cache folder of the test's own."""
    monkeypatch.setenv("OMNIGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _scene(seed: int, height: int = 24, width: int = 24, channels: int = 3) -> Pixels:
    """Return smooth random pixels ``[H, W, C]``, unlike those of any other seed."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (4, 4, channels), np.uint8)
    planes = [
        Image.fromarray(coarse[..., n]).resize((width, height), Image.Resampling.BILINEAR)
        for n in range(channels)
    ]
    return np.stack([np.asarray(plane) for plane in planes], axis=-1)


def _encode(pixels: Pixels, kind: str = "PNG", **options: Any) -> bytes:
    """Return an image file of pixels ``[H, W, C]`` or ``[H, W]``."""
    buffer = io.BytesIO()
    squeezed = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    Image.fromarray(squeezed).save(buffer, kind, **options)
    return buffer.getvalue()


def _idx(values: NDArray[Any]) -> bytes:
    """Return an IDX file of bytes, written by hand."""
    head = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    return head + values.astype(np.uint8).tobytes()


@pytest.fixture(scope="session")
def scene() -> Callable[..., Pixels]:
    """Return smooth random pixels ``[H, W, C]`` from a seed, height, width and channels."""
    return _scene


@pytest.fixture(scope="session")
def encode() -> Callable[..., bytes]:
    """Return the bytes of an image file from pixels and a format of Pillow's."""
    return _encode


@pytest.fixture(scope="session")
def idx() -> Callable[[NDArray[Any]], bytes]:
    """Return the bytes of an IDX file from an array."""
    return _idx


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes files (name=content) into a folder, and its path."""

    def write(files: dict[str, bytes], name: str = "images") -> Path:
        for file, content in files.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return tmp_path / name

    return write


@pytest.fixture
def photos(folder: Callable[..., Path]) -> Path:
    """Return a folder of 10 images of 24 x 24 in two folders, a and b."""
    return folder({f"{'ab'[n % 2]}/{n}.png": _encode(_scene(n)) for n in range(10)})


@pytest.fixture
def config() -> Callable[..., ImageData]:
    """Return the data section for a path and settings."""

    def make(source: Path, **settings: Any) -> ImageData:
        return ImageData.model_validate({"source": str(source), **settings})

    return make
