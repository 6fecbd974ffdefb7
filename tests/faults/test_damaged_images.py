"""Archives and arrays that are cut short or damaged."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from omnigan.errors import UserError
from omnigan.plugins import load_domain


def _archive(mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as opened:  # type: ignore[call-overload]
        for number in range(3):
            info = tarfile.TarInfo(f"{number}.png")
            info.size = 5000
            opened.addfile(info, io.BytesIO(np.random.default_rng(number).bytes(5000)))
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("size", [40, 300, 3000])
def test_an_archive_that_is_cut_short_is_a_mistake(tmp_path: Path, mode: str, size: int) -> None:
    file = tmp_path / "x.tar.packed"
    file.write_bytes(_archive(mode)[:size])
    kind = load_domain("image")
    with pytest.raises(UserError, match=r"data\.source: .*(damaged|no image|cannot be)"):
        kind(kind.Config.model_validate({"data": {"source": str(file)}})).resolve()


@pytest.mark.parametrize("place", [45, 60, 90])
@pytest.mark.parametrize("name", ["x.npz", "x.npy"])
def test_an_array_with_a_damaged_head_is_a_mistake(tmp_path: Path, name: str, place: int) -> None:
    buffer = io.BytesIO()
    images = np.zeros((4, 8, 8, 3), np.uint8)
    np.savez_compressed(buffer, x=images) if name == "x.npz" else np.save(buffer, images)
    content = bytearray(buffer.getvalue())
    kind = load_domain("image")
    for value in (0, 40, 123, 255):
        content[place : place + 3] = bytes([value] * 3)
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError):
            kind(kind.Config.model_validate({"data": {"source": str(tmp_path / name)}})).resolve()
