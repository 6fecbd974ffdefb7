"""Large files as scripts, which is what a page that is opened from the disk may load.

A file is compressed, cut into pieces and written as base64; ``unpack.js`` puts it together again.
"""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

__all__ = ["Packed", "pack"]

PIECE = 12 * 2**20
"""Compressed bytes in a script; a multiple of 3, so that base64 needs no padding in between."""
BLOCK = 2**20
GZIP = 31
"""What zlib calls a gzip file; it holds no time, so that the same content gives the same bytes."""


@dataclass(frozen=True)
class Packed:
    """A file in scripts.

    Attributes:
        scripts: Their names, in order.
        bytes: How large the file is.
    """

    scripts: list[str]
    bytes: int


def pack(content: bytes | Path, name: str, folder: Path) -> Packed:
    """Write a file as scripts into a folder."""
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    source = io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")
    scripts: list[str] = []
    with source:
        for piece in _pieces(_compressed(source)):
            scripts.append(f"{name}-{len(scripts)}.js")
            text = base64.b64encode(piece).decode()
            (folder / scripts[-1]).write_text(f'omnigan.part("{text}");\n', encoding="ascii")
    return Packed(scripts, size)


def _compressed(source: BinaryIO) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=GZIP)
    while block := source.read(BLOCK):
        yield packer.compress(block)
    yield packer.flush()


def _pieces(blocks: Iterator[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for block in blocks:
        waiting += block
        while len(waiting) >= PIECE:
            yield bytes(waiting[:PIECE])
            del waiting[:PIECE]
    if waiting:
        yield bytes(waiting)
