"""Images as PNG, without any library for images."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["write"]

COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""What PNG calls grey, grey and alpha, RGB and RGBA."""


def write(x: np.ndarray, show: Mapping[str, Any], stem: Path) -> Path:
    """Write an image [C, H, W] in [-1, 1] as PNG, and return the file."""
    pixels = np.rint((x.clip(-1, 1) + 1) * 127.5).astype(np.uint8).transpose(1, 2, 0)
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)  # 0: a row is not filtered
    path = stem.with_suffix(".png")
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )
    return path


def _chunk(kind: bytes, content: bytes) -> bytes:
    size, check = struct.pack(">I", len(content)), struct.pack(">I", zlib.crc32(kind + content))
    return size + kind + content + check
