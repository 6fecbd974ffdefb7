"""Arrays of every layout and type, and which of several in an .npz file is meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from omnigan.errors import UserError
from omnigan_image.data.arrays import array_images, npy_images, npz_images
from omnigan_image.data.collection import Collection

SIDES = st.integers(17, 96)


def all_of(collection: Collection) -> NDArray[Any]:
    return np.stack([np.asarray(collection.read(n)) for n in range(len(collection.names))])


def pixels(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(sum(shape)).integers(0, 256, shape).astype(np.uint8)


@given(SIDES, SIDES, st.integers(1, 4))
def test_layouts(height: int, width: int, channels: int) -> None:
    images = pixels(3, height, width, channels)
    np.testing.assert_array_equal(all_of(array_images(images, "")), images)
    first = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(all_of(array_images(first, "")), images)
    grey = all_of(array_images(images[..., 0], ""))
    np.testing.assert_array_equal(grey, images[..., :1])


@pytest.mark.parametrize("shape", [(5, 9, 9, 5), (9, 9), (64, 64, 3), (2, 3, 9, 9, 3), (7,)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match=r"has the shape .*must be \[N, H, W\]"):
        array_images(np.zeros(shape, np.uint8), "x")


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (np.array([0.0, 0.5, 1.0]), [0, 128, 255]),
        (np.array([-1.0, 0.0, 1.0], np.float32), [0, 128, 255]),
        (np.array([0.0, 100.4, 255.0], np.float16), [0, 100, 255]),
        (np.array([0, 257, 65535], np.uint16), [0, 1, 255]),
        (np.array([0, 7, 255], np.int64), [0, 7, 255]),
        (np.array([0, 7, 255], ">i4"), [0, 7, 255]),
        (np.array([False, True, False]), [0, 255, 0]),
    ],
)
def test_types(values: NDArray[Any], wanted: list[int]) -> None:
    images = np.tile(values[:, None, None], (1, 8, 8))
    read = all_of(array_images(images, ""))
    assert read.dtype == np.uint8
    assert read[:, 0, 0, 0].tolist() == wanted


@pytest.mark.parametrize(
    "values",
    [[-2.0, 0, 1], [0, float("nan"), 1], [0, float("inf"), 1], [0.0, 3, 256], [-1, 0, 300]],
)
def test_other_ranges_are_refused(values: list[float]) -> None:
    with pytest.raises(UserError, match=r"goes from .* to .*Use bytes"):
        array_images(np.tile(np.array(values)[:, None, None], (1, 8, 8)), "x")


def test_a_range_is_that_of_all_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnigan_image.data.arrays._BLOCK", 100)
    images = np.zeros((50, 8, 8))
    images[49] = -1
    assert all_of(array_images(images, ""))[[0, 49], 0, 0, 0].tolist() == [128, 0]


def test_npy(tmp_path: Path) -> None:
    images = pixels(3, 20, 30, 3)
    np.save(tmp_path / "x.npy", images)
    np.testing.assert_array_equal(all_of(npy_images(tmp_path / "x.npy")), images)
    whole = (tmp_path / "x.npy").read_bytes()
    for damaged in (whole[:-100], whole[:20], b"\x93NUMPY"):
        (tmp_path / "x.npy").write_bytes(damaged)
        with pytest.raises(UserError, match="damaged"):
            npy_images(tmp_path / "x.npy")


def test_arrays_of_objects_are_never_loaded(tmp_path: Path) -> None:
    objects = np.array([{"a": 1}, None], object)
    np.save(tmp_path / "x.npy", objects, allow_pickle=True)
    with pytest.raises(UserError, match="damaged"):
        npy_images(tmp_path / "x.npy")
    np.savez(tmp_path / "x.npz", allow_pickle=True, images=pixels(4, 8, 8), other=objects)
    assert len(npz_images(tmp_path / "x.npz", None, None).names) == 4


# ---- several arrays ------------------------------------------------------------------------


@pytest.fixture
def npz(tmp_path: Path) -> Any:
    def write(**arrays: Any) -> Path:
        np.savez_compressed(tmp_path / "x.npz", **arrays)
        return tmp_path / "x.npz"

    return write


def test_the_only_array_of_images_is_found(npz: Any) -> None:
    images = pixels(6, 8, 9, 3)
    path = npz(n=np.arange(6), x=images, mask=np.zeros((6, 8, 9)), name=np.array(["a"] * 6))
    np.testing.assert_array_equal(all_of(npz_images(path, None, None)), images)
    path = npz(x=images / 255, n=np.arange(6))
    np.testing.assert_array_equal(all_of(npz_images(path, None, None)), images)


def test_one_of_several_must_be_named(npz: Any) -> None:
    path = npz(train=pixels(6, 8, 8), test=pixels(5, 8, 8))
    with pytest.raises(UserError, match=r"several arrays .*train \[6, 8, 8\].*data\.array=train"):
        npz_images(path, None, None)
    assert len(npz_images(path, "test", None).names) == 5
    with pytest.raises(UserError, match=r"no array 'tset', only .*Did you mean 'test'"):
        npz_images(path, "tset", None)


def test_no_array_of_images(npz: Any) -> None:
    with pytest.raises(UserError, match=r"no array of images .*only n \[4\] int64"):
        npz_images(npz(n=np.arange(4)), None, None)
    with pytest.raises(UserError, match="has the shape"):
        npz_images(npz(n=np.arange(4)), "n", None)


def test_labels_and_their_names(npz: Any) -> None:
    images, numbers = pixels(4, 8, 8, 3), np.array([2, 0, 0, 1])
    assert npz_images(npz(x=images, y=numbers), None, "label").labels == ["2", "0", "0", "1"]
    names = np.array(["cat", "dog", "emu"])
    path = npz(images=images, labels=numbers, label_names=names, captions=np.array(list("abcd")))
    assert npz_images(path, None, "label").labels == ["emu", "cat", "cat", "dog"]
    assert npz_images(path, None, "captions").labels == list("abcd")
    assert npz_images(path, None, None).labels is None
    column = numbers[:, None]  # as in MedMNIST
    assert npz_images(npz(x=images, y=column), None, "label").labels == ["2", "0", "0", "1"]


def test_labels_that_are_not_clear(npz: Any) -> None:
    images = pixels(4, 8, 8)
    with pytest.raises(UserError, match="there is no such array"):
        npz_images(npz(x=images, n=np.arange(3)), None, "label")
    with pytest.raises(UserError, match=r"these are such: a, b\. Write one of them"):
        npz_images(npz(x=images, a=np.arange(4), b=np.arange(4)), None, "label")


def test_a_damaged_npz(npz: Any) -> None:
    path = npz(x=np.arange(6 * 64).astype(np.uint8).reshape(6, 8, 8))
    whole = bytearray(path.read_bytes())
    whole[120] ^= 0xFF
    for damaged in (bytes(whole), bytes(whole[:50])):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match="damaged"):
            npz_images(path, None, None)
