"""CIFAR as it is published: an archive with one folder of batches, in no order."""

from __future__ import annotations

import io
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch

from omnigan.domain import Split
from omnigan.errors import UserError
from omnigan_image.data import Images, load_images
from omnigan_image.data.cifar import cifar_images
from omnigan_image.data.cifar_files import is_cifar_archive
from omnigan_image.data.sources import find

Make = Callable[..., Any]
COUNT = 6
TEN = "cifar-10-python.tar.gz"
HUNDRED = "cifar-100-python.tar.gz"


@pytest.fixture(autouse=True)
def no_pickle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may load a pickle."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a pickle was loaded")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)


def rows(seed: int) -> Any:
    return np.random.default_rng(seed).integers(0, 256, (COUNT, 3072)).astype(np.uint8)


def pixels(row: Any) -> bytes:
    """Return the bytes of [32, 32, 3] of a row, by the words of the data set's description."""
    return np.stack([row[n * 1024 :][:1024] for n in range(3)], axis=1).tobytes()


def packed(path: Path, files: dict[str, bytes]) -> Path:
    """Write an archive of files and their folders, in the order given."""
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as archive:
        folders = dict.fromkeys(name.rpartition("/")[0] for name in files)
        for name in filter(None, folders):
            entry = tarfile.TarInfo(name)
            entry.type = tarfile.DIRTYPE
            archive.addfile(entry)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def ten(python_2: Make) -> dict[str, bytes]:
    """Return the files of the archive of CIFAR-10 in their order; batch n has the rows n."""

    def batch(seed: int) -> bytes:
        values = {"batch_label": f"batch {seed}", "labels": [seed, 9] * (COUNT // 2)}
        return bytes(python_2({**values, "data": rows(seed), "filenames": ["a.png"] * COUNT}))

    names = [f"class {number}" for number in range(10)]
    files = {"data_batch_4": batch(4), "readme.html": b"<html>", "test_batch": batch(6)}
    files |= {"data_batch_3": batch(3), "batches.meta": python_2({"label_names": names})}
    files |= {f"data_batch_{n}": batch(n) for n in (2, 5, 1)}
    return {f"cifar-10-batches-py/{name}": content for name, content in files.items()}


def hundred(python_2: Make) -> dict[str, bytes]:
    def batch(seed: int) -> bytes:
        labels = {"fine_labels": [1, 0, 2] * 2, "coarse_labels": [seed - 1] * COUNT}
        return bytes(python_2({**labels, "data": rows(seed)}))

    names = {"fine_label_names": ["apple", "bear", "cup"], "coarse_label_names": ["one", "two"]}
    files = {"file.txt~": b"", "train": batch(1), "test": batch(2), "meta": python_2(names)}
    return {f"cifar-100-python/{name}": content for name, content in files.items()}


def labelled(images: Images) -> set[tuple[bytes, str]]:
    """Return each image of both splits as bytes [H, W, C], with its label."""
    found = set()
    for split in get_args(Split):
        source = images.source(split)
        for index in range(len(source)):
            example = source.read(index, torch.Generator().manual_seed(0))
            values = ((example.x + 1) * 127.5).round().byte().permute(1, 2, 0).contiguous()
            label = (images.data.label_names or ())[int(example.cond["label"])]
            found.add((values.numpy().tobytes(), label))
    return found


def test_cifar_10_as_published(tmp_path: Path, python_2: Make, config: Make) -> None:
    path = packed(tmp_path / TEN, ten(python_2))
    before = path.read_bytes()
    data, images = load_images(config(path, labels="auto"))
    assert (data.size, data.channels) == ((32, 32), 3)
    wanted = {
        (pixels(row), f"class {9 if place % 2 else seed}")
        for seed in range(1, 7)
        for place, row in enumerate(rows(seed))
    }
    assert labelled(images) == wanted
    assert {file.name for file in tmp_path.iterdir()} == {TEN, "cache"}  # nothing is unpacked
    assert path.read_bytes() == before


@pytest.mark.parametrize("column", ["label", "coarse"])
def test_cifar_100_as_published(tmp_path: Path, python_2: Make, config: Make, column: str) -> None:
    path = packed(tmp_path / HUNDRED, hundred(python_2))
    _, images = load_images(config(path, labels="auto", label_column=column))
    fine = ["bear", "apple", "cup"]
    assert labelled(images) == {
        (pixels(row), fine[place % 3] if column == "label" else ("one", "two")[seed - 1])
        for seed in (1, 2)
        for place, row in enumerate(rows(seed))
    }


def test_the_binary_version_in_no_folder_and_without_labels(tmp_path: Path) -> None:
    content = b"".join(bytes([3]) + row.tobytes() for row in rows(1))
    path = packed(tmp_path / "x.tar", {"test_batch.bin": content, "batches.meta.txt": b"a\nb\n"})
    assert find(str(path)).kind == "cifar"
    found = cifar_images(path, None)
    assert found.labels is None
    assert [bytes(found.read(place)) for place in range(COUNT)] == [*map(pixels, rows(1))]  # type: ignore[arg-type]
    assert cifar_images(path, "label").labels == ["3"] * COUNT  # a number without a name


def test_other_archives_stay_archives_of_pictures(tmp_path: Path, python_2: Make) -> None:
    for number, files in enumerate(
        [
            {"train/1.png": b"x", "test/2.png": b"x", "meta": b"x"},
            {"a/train": b"x", "b/meta": b"x"},
            {"train": b"x", "test": b"x"},
            {"1.png": b"x", **ten(python_2)},
            {},
        ]
    ):
        path = packed(tmp_path / f"{number}.tar.gz", files)
        assert not is_cifar_archive(path)
        assert find(str(path)).kind == "tar"


def test_a_link_is_no_batch(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("cifar-10-batches-py/data_batch_1")
        entry.type, entry.linkname = tarfile.SYMTYPE, str(path)
        archive.addfile(entry)
    assert not is_cifar_archive(path)


@pytest.mark.parametrize("name", [TEN, HUNDRED])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_download_that_was_cut_is_named(
    tmp_path: Path, python_2: Make, config: Make, name: str, share: float
) -> None:
    path = packed(tmp_path / name, ten(python_2) if name == TEN else hundred(python_2))
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UserError, match=rf"{name}' is a damaged archive"):
        load_images(config(path, labels="auto"))


def test_a_batch_larger_than_any_is_not_read(tmp_path: Path, python_2: Make) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("data_batch_1")
        entry.size = 2**40
        archive.addfile(entry)
    with pytest.raises(UserError, match="data_batch_1 is larger than any batch"):
        cifar_images(path, "label")


def test_a_batch_that_names_a_function_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / TEN, {"x/data_batch_1": b"cos\nmkdir\n(S'trap'\ntR."})
    with pytest.raises(UserError, match=r"gz/data_batch_1' is no CIFAR batch: it names 'os mkdir'"):
        cifar_images(path, "label")
