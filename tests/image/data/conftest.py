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


def _python_2(values: dict[str, Any]) -> bytes:
    """Write a pickle, by the instructions that Python 2 with NumPy 1 wrote, one by one."""

    def text(value: str) -> bytes:
        return b"U" + bytes([len(value)]) + value.encode()

    def byte(value: int) -> bytes:
        return b"K" + bytes([value])

    def array(value: Pixels) -> bytes:
        dtype = b"cnumpy\ndtype\nq\x05" + text("u1") + byte(0) + byte(1) + b"\x87R"
        dtype += b"(" + byte(3) + text("|") + b"NNN" + 2 * b"J\xff\xff\xff\xff" + byte(0) + b"tb"
        shape = byte(value.shape[0]) + b"M" + struct.pack("<H", value.shape[1]) + b"\x86"
        made = b"cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\n" + byte(0)
        made += b"\x85" + text("b") + b"\x87Rq\x03(" + byte(1) + shape + dtype + b"\x89"
        content = value.tobytes()
        return made + b"T" + struct.pack("<i", len(content)) + content + b"tb"

    def written(value: Any) -> bytes:
        if isinstance(value, list):
            return b"]q\x06(" + b"".join(map(written, value)) + b"e"
        kinds: dict[type, Callable[[Any], bytes]] = {str: text, int: byte, np.ndarray: array}
        return kinds[type(value)](value)

    entries = b"".join(text(key) + written(value) for key, value in values.items())
    return b"\x80\x02}q\x01(" + entries + b"u."


@pytest.fixture(scope="session")
def python_2() -> Callable[[dict[str, Any]], bytes]:
    """Return a function that pickles texts, bytes, lists of them and a matrix as CIFAR's are."""
    return _python_2


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
