"""IDX files written by hand."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan.errors import UserError
from omnigan_image.data.idx import idx_files, idx_images, is_idx, label_file, read_idx

Make = Callable[..., Any]
IMAGES = np.random.default_rng(0).integers(0, 256, (5, 20, 17)).astype(np.uint8)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_any_shape(tmp_path_factory: pytest.TempPathFactory, idx: Make, shape: list[int]) -> None:
    path = tmp_path_factory.mktemp("idx") / "x"
    values = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    path.write_bytes(idx(values))
    np.testing.assert_array_equal(read_idx(path), values)


def test_floats_have_their_most_significant_byte_first(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(struct.pack(">HBB1I2f", 0, 0x0D, 1, 2, 0.25, 1.0))
    assert read_idx(path).tolist() == [0.25, 1.0]


def test_a_folder_like_mnists(folder: Make, idx: Make) -> None:
    root = folder(
        {
            "train-images-idx3-ubyte.gz": gzip.compress(idx(IMAGES)),
            "train-labels-idx1-ubyte.gz": gzip.compress(idx(np.array([3, 1, 4, 1, 5]))),
            "t10k-images.idx3-ubyte": idx(IMAGES[:2]),
            "t10k-labels.idx1-ubyte": idx(np.array([9, 2])),
            "readme.txt": b"hello",
        }
    )
    assert [path.name for path in idx_files(root)] == [
        "t10k-images.idx3-ubyte",
        "train-images-idx3-ubyte.gz",
    ]
    found = idx_images(root, with_labels=True)
    assert found.labels == ["9", "2", "3", "1", "4", "1", "5"]
    np.testing.assert_array_equal(found.read(2), IMAGES[0][..., None])
    alone = idx_images(root / "train-images-idx3-ubyte.gz", with_labels=True)
    assert alone.labels == ["3", "1", "4", "1", "5"]
    assert idx_images(root, with_labels=False).labels is None


def test_labels_beside_images_are_found_by_name(folder: Make, idx: Make) -> None:
    root = folder({"a-images-idx3-ubyte": idx(IMAGES), "a-labels-idx1-ubyte.gz": b""})
    assert label_file(root / "a-images-idx3-ubyte") == root / "a-labels-idx1-ubyte.gz"
    (root / "a-labels-idx1-ubyte.gz").unlink()
    assert label_file(root / "a-images-idx3-ubyte") is None
    with pytest.raises(UserError, match="no file of labels beside"):
        idx_images(root, with_labels=True)


def test_labels_of_another_length_are_refused(folder: Make, idx: Make) -> None:
    root = folder({"x-images-idx3-ubyte": idx(IMAGES), "x-labels-idx1-ubyte": idx(np.arange(4))})
    with pytest.raises(UserError, match=r"has the shape \[4\], but .* has 5 images"):
        idx_images(root, with_labels=True)


def test_files_of_several_sizes_are_refused(folder: Make, idx: Make) -> None:
    root = folder({"a-images-idx3-ubyte": idx(IMAGES), "b-images-idx3-ubyte": idx(IMAGES[:, 1:])})
    with pytest.raises(UserError, match="differ: a-images"):
        idx_images(root, with_labels=False)


@pytest.mark.parametrize("cut", [2, 3, 10, 15, 16, 200])
def test_a_truncated_file_is_refused(tmp_path: Path, idx: Make, cut: int) -> None:
    path = tmp_path / "x-images-idx3-ubyte"
    path.write_bytes(idx(IMAGES)[:cut])
    with pytest.raises(UserError, match="damaged IDX file"):
        read_idx(path)
    path.write_bytes(gzip.compress(idx(IMAGES))[:cut])
    with pytest.raises(UserError, match="damaged IDX file"):
        read_idx(path)


def test_a_head_that_promises_too_little_or_far_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(struct.pack(">HBB1I", 0, 8, 1, 2) + b"123")
    with pytest.raises(UserError, match="there are more"):
        read_idx(path)
    path.write_bytes(struct.pack(">HBB3I", 0, 8, 3, *[2**31] * 3) + b"123")
    with pytest.raises(UserError, match=r"there are 3$"):
        read_idx(path)


def test_other_files_are_no_idx(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for content in (b"", b"\0\0", b"\0\0\x08\0", b"\x1f\x8b", b"PNG", gzip.compress(b"text")):
        path.write_bytes(content)
        assert not is_idx(path)
