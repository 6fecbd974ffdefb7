"""Images in NumPy arrays of any usual layout and type."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omnigan.errors import UserError, did_you_mean
from omnigan_image.data.collection import Collection, Pixels

__all__ = ["array_images", "npy_images", "npz_images"]

Array = NDArray[Any]

_BLOCK = 2**24  # values looked at at once, so that a mapped file need not fit into memory
_TEXTS_OR_NUMBERS = "iuUS"


@dataclass(frozen=True)
class _Head:
    """What the head of an array in a file says."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def is_images(self) -> bool:
        if len(self.shape) not in (3, 4) or self.dtype.kind not in "buif":
            return False
        return len(self.shape) == 4 or self.shape[-1] > 4

    def is_labels(self, count: int) -> bool:
        return self.shape in ((count,), (count, 1)) and self.dtype.kind in _TEXTS_OR_NUMBERS

    def __str__(self) -> str:
        return f"{list(self.shape)} {self.dtype}"


def npy_images(path: Path) -> Collection:
    """Return the images of a .npy file, which is mapped, not read.

    Raises:
        UserError: It is damaged, or does not hold images.
    """
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # the head is read by Python's tokenizer, which fails in many ways
        raise UserError(f"data.source: '{path}' is a damaged .npy file: {error}") from error
    return array_images(values, str(path))


def npz_images(path: Path, array: str | None, label: str | None) -> Collection:
    """Return the images of a .npz file.

    Args:
        path: The file.
        array: Name of the array of images; None finds the only one that it can be.
        label: Name of the array of labels, else the only array of whole numbers that it can be;
            None reads no labels. Where the file has label names as well, numbers point to them.

    Raises:
        UserError: The file is damaged, or the arrays are not there or not clear.
    """
    try:
        heads = _heads(path)
        name = _image_array(heads, array, path)
        with np.load(path, allow_pickle=False) as arrays:
            images = array_images(arrays[name], f"{path}, array '{name}'")
            if label is not None:
                chosen = _label_array(heads, label, len(images.names), path)
                texts = _named(arrays[chosen].reshape(-1), arrays, heads, chosen)
                images.labels = texts
    except UserError:
        raise
    except Exception as error:  # of the archive, its decompressor or the head of an array
        raise UserError(f"data.source: '{path}' is a damaged .npz file: {error}") from error
    return images


def _heads(path: Path) -> dict[str, _Head]:
    heads = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            with archive.open(member) as file:
                version = np.lib.format.read_magic(file)
                read = (
                    np.lib.format.read_array_header_1_0
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0
                )
                shape, _, dtype = read(file)
            heads[member.removesuffix(".npy")] = _Head(shape, dtype)
    return heads


def _image_array(heads: dict[str, _Head], wanted: str | None, path: Path) -> str:
    described = ", ".join(f"{name} {head}" for name, head in heads.items()) or "nothing"
    if wanted is not None:
        if wanted not in heads:
            raise UserError(
                f"data.array: '{path}' has no array '{wanted}', only {described}."
                f"{did_you_mean(wanted, heads)}"
            )
        return wanted
    found = [name for name, head in heads.items() if head.is_images()]
    in_bytes = [name for name in found if heads[name].dtype == np.uint8]
    if len(in_bytes) == 1 or len(found) == 1:
        return (in_bytes if len(in_bytes) == 1 else found)[0]
    if not found:
        raise UserError(
            f"data.source: '{path}' has no array of images [N, H, W], [N, H, W, C] or "
            f"[N, C, H, W], only {described}"
        )
    raise UserError(
        f"data.array: '{path}' has several arrays that may be images: {described}. "
        f"Write which, for instance data.array={found[0]}"
    )


def _label_array(heads: dict[str, _Head], wanted: str, count: int, path: Path) -> str:
    fitting = [name for name, head in heads.items() if head.is_labels(count)]
    if wanted in fitting:
        return wanted
    numbers = [name for name in fitting if heads[name].dtype.kind in "iu"]
    if len(numbers) == 1:
        return numbers[0]
    known = f"these are such: {', '.join(fitting)}" if fitting else "there is no such array"
    raise UserError(
        f"data.label_column: '{path}' has no array '{wanted}' of {count} whole numbers or texts; "
        f"{known}.{did_you_mean(wanted, fitting)} Write one of them, or data.labels=none"
    )


def _named(values: Array, arrays: Any, heads: dict[str, _Head], label: str) -> list[str]:
    """Return labels as text, looked up in an array such as ``label_names`` if there is one."""
    if values.dtype.kind in "iu":
        for name in (f"{label}_names", f"{label.removesuffix('s')}_names", "label_names"):
            head = heads.get(name)
            if head and head.dtype.kind == "U" and len(head.shape) == 1:
                names = arrays[name]
                if values.min() >= 0 and values.max() < len(names):
                    return [str(names[value]) for value in values]
    if values.dtype.kind == "S":
        return [value.decode("utf-8", "replace") for value in values.tolist()]
    return [str(value) for value in values.tolist()]


def array_images(values: Array, where: str, labels: Sequence[str] | None = None) -> Collection:
    """Return the images of an array.

    Args:
        values: ``[N, H, W]``, ``[N, H, W, C]`` or ``[N, C, H, W]`` with 1 to 4 channels; bytes,
            16 bits, or floats from 0 to 1, from -1 to 1 or from 0 to 255.
        where: What to call the array in an error.
        labels: Label of each image, if known.

    Raises:
        UserError: It is none of these.
    """
    images = _channels_last(values, where)
    as_bytes = _conversion(values, where)
    names = [str(number) for number in range(len(images))]

    def read(place: int) -> Pixels:
        return np.ascontiguousarray(as_bytes(np.asarray(images[place])))

    return Collection(names, read, labels)


def _channels_last(values: Array, where: str) -> Array:
    shape = values.shape
    if values.ndim == 3 and shape[-1] > 4:
        return values[..., None]
    if values.ndim == 4 and shape[-1] in (1, 2, 3, 4):
        return values
    if values.ndim == 4 and shape[1] in (1, 2, 3, 4):
        return values.transpose(0, 2, 3, 1)
    hint = " It looks like one image: write [None] for a list of one." if values.ndim == 3 else ""
    raise UserError(
        f"data.source: {where} has the shape {list(shape)}. Images must be [N, H, W], "
        f"[N, H, W, C] or [N, C, H, W] with C from 1 to 4.{hint}"
    )


def _conversion(values: Array, where: str) -> Callable[[Array], Pixels]:
    """Return how to make bytes of the values, which depends on the range of all of them."""
    if values.dtype == np.uint8:
        return lambda image: image
    if values.dtype == np.bool_:
        return lambda image: image.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind not in "iuf":
        raise UserError(f"data.source: {where} holds {values.dtype}, not numbers")
    low, high = _range(values)
    is_float = values.dtype.kind == "f"
    if is_float and low >= 0 and high <= 1:
        scale, shift = 255.0, 0.0
    elif is_float and low >= -1 and high <= 1:
        scale, shift = 127.5, 127.5
    elif low >= 0 and high <= 255:
        scale, shift = 1.0, 0.0
    elif values.dtype == np.uint16:
        scale, shift = 1 / 257, 0.0
    else:
        raise UserError(
            f"data.source: {where} goes from {low:g} to {high:g}. Use bytes, 16 bits (uint16), or "
            "floats from 0 to 1 or from -1 to 1, and no NaN"
        )
    return lambda image: np.rint(image.astype(np.float64) * scale + shift).astype(np.uint8)


def _range(values: Array) -> tuple[float, float]:
    """Return the smallest and the largest value, NaN if there is any."""
    if not values.size:
        return 0.0, 0.0
    lows, highs = zip(*((part.min(), part.max()) for part in _blocks(values)), strict=True)
    return float(np.min(lows)), float(np.max(highs))


def _blocks(values: Array) -> Iterator[Array]:
    step = max(1, _BLOCK * len(values) // values.size)
    return (values[first : first + step] for first in range(0, len(values), step))
