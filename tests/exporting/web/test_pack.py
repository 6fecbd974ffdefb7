"""A packed file is the file again, in pieces that a browser can load."""

from __future__ import annotations

import base64
import gzip
import json
import random
from pathlib import Path

import pytest

from omnigan.exporting.web import pack as module
from omnigan.exporting.web.pack import pack


def unpacked(folder: Path, names: list[str]) -> bytes:
    content = b""
    for name in names:
        text = (folder / name).read_text(encoding="ascii")
        start, end = "omnigan.part(", ");\n"
        assert text.startswith(start)
        assert text.endswith(end)
        content += base64.b64decode(json.loads(text[len(start) : -len(end)]), validate=True)
    return gzip.decompress(content)


@pytest.mark.parametrize("size", [0, 1, 3000, 3001, 10_000])
def test_the_pieces_are_the_whole(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECE", 3000)
    monkeypatch.setattr(module, "BLOCK", 777)
    content = random.Random(size).randbytes(size)
    (tmp_path / "file").write_bytes(content)
    packed = pack(tmp_path / "file", "model", tmp_path)
    names = packed.scripts
    assert packed.bytes == size
    assert len(names) == (size + 100) // 3000 + 1
    assert unpacked(tmp_path, names) == content
    before = [(tmp_path / name).read_bytes() for name in names]
    assert pack(content, "model", tmp_path) == packed
    assert [(tmp_path / name).read_bytes() for name in names] == before
