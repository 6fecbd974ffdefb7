"""CIFAR batches as pickle writes them, and pickles that want more than to be read."""

from __future__ import annotations

import os
import pickle
import pickletools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omnigan.errors import UserError
from omnigan_image.data.batch_pickle import read_batch
from omnigan_image.data.cifar import cifar_images
from omnigan_image.data.cifar_files import batch_files
from omnigan_image.data.collection import Collection

Make = Callable[..., Any]
NAMES = ["airplane", "automobile", "bird"]


def rows(seed: int, count: int = 4) -> Any:
    return np.random.default_rng(seed).integers(0, 256, (count, 3072)).astype(np.uint8)


def image(row: Any) -> Any:
    """Return [32, 32, 3] of a row, by the words of the data set's description."""
    red, green, blue = row[:1024], row[1024:2048], row[2048:]
    return np.stack([plane.reshape(32, 32) for plane in (red, green, blue)], axis=-1)


def test_the_instructions_of_python_2(python_2: Make) -> None:
    batch = {
        "data": rows(0),
        "labels": [6, 9, 0, 1],
        "batch_label": "testing batch 1 of 1",
        "filenames": ["a.png", "b.png"],
    }
    content = python_2(batch)
    assert pickle.loads(content, encoding="latin1")["labels"] == [6, 9, 0, 1]  # the test is right
    read = read_batch(content)
    np.testing.assert_array_equal(read["data"], batch["data"])
    assert read["labels"] == [6, 9, 0, 1]
    assert read["batch_label"] == "testing batch 1 of 1"
    assert read["filenames"] == ["a.png", "b.png"]


@pytest.mark.parametrize("keys", [str, str.encode])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_instructions_of_this_python(keys: Callable[[str], Any], order: Any) -> None:
    data = np.array(rows(1), order=order)
    batch = {keys("data"): data, keys("labels"): [1, 300, 70_000], keys("files"): [b"a", "b"]}
    read = read_batch(pickle.dumps(batch, protocol=2))
    np.testing.assert_array_equal(read["data"], data)
    assert read["labels"] == [1, 300, 70_000]
    assert read["files"] == ["a", "b"]


class Trap:
    """Does something when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", range(6))
def test_what_a_pickle_would_call_is_never_called(tmp_path: Path, protocol: int) -> None:
    trap = tmp_path / "trap"
    content = pickle.dumps({"data": rows(0), "labels": Trap(trap)}, protocol=protocol)
    with pytest.raises(ValueError, match=r"names 'posix mkdir'|has the instruction|fit together"):
        read_batch(content)
    assert not trap.exists()
    pickle.loads(content)
    assert trap.exists()  # it was a trap


@pytest.mark.parametrize(
    "value",
    [
        [1],
        {"x": np.zeros(3)},
        {"x": np.array([None])},
        {"x": {1}},
        {"x": 1.5},
        {"x": np.dtype("f4")},
        {"x": print},
        {"x": Path("a")},
    ],
)
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_batch(pickle.dumps(value, protocol=2))


def test_every_damage_is_a_value_error(python_2: Make) -> None:
    whole = np.frombuffer(python_2({"data": rows(0, 1)[:, :3072], "labels": [1]}), np.uint8)
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(2000):
        damaged = whole.copy()
        places = np.flatnonzero(np.arange(len(whole)) % 3000 < 200)  # not only in the pixels
        damaged[rng.choice(places, 3)] = rng.integers(0, 256, 3)
        try:
            read_batch(damaged.tobytes())
        except ValueError:
            refused += 1
    assert refused > 500
    for cut in range(0, len(whole) - 1, 50):
        with pytest.raises(ValueError, match=r"."):
            read_batch(whole[:cut].tobytes())


def test_the_reader_knows_only_instructions_that_exist() -> None:
    from omnigan_image.data import batch_pickle

    known = {opcode.name for opcode in pickletools.opcodes}
    assert known >= batch_pickle._VALUES | batch_pickle._CONSTANTS.keys()


# ---- folders -------------------------------------------------------------------------------


def ten(folder: Make, python_2: Make) -> Path:
    meta = pickle.dumps({"label_names": NAMES, "num_vis": 3072}, protocol=2)
    batches = {
        f"data_batch_{n}": python_2({"data": rows(n), "labels": [0, 1, 2, 0]}) for n in (1, 2)
    }
    test = {"test_batch": python_2({"data": rows(9, 2), "labels": [2, 1]})}
    return Path(folder({**batches, **test, "batches.meta": meta, "readme.html": b"hello"}))


def check(found: Collection, parts: list[Any], labels: list[str]) -> None:
    assert found.labels == labels
    for place, row in enumerate(np.concatenate(parts)):
        np.testing.assert_array_equal(found.read(place), image(row))


def test_cifar_10_in_python(folder: Make, python_2: Make) -> None:
    root = ten(folder, python_2)
    assert [file.name for file in batch_files(root)] == [
        "data_batch_1",
        "data_batch_2",
        "test_batch",
    ]
    a, b, c = NAMES
    check(cifar_images(root, "label"), [rows(1), rows(2), rows(9, 2)], [a, b, c, a] * 2 + [c, b])
    check(cifar_images(root / "test_batch", "label"), [rows(9, 2)], [c, b])
    assert cifar_images(root, None).labels is None


def test_cifar_10_in_bytes(folder: Make) -> None:
    content = b"".join(bytes([label]) + row.tobytes() for label, row in zip((2, 0), rows(3, 2)))  # noqa: B905
    root = folder({"data_batch_1.bin": content, "batches.meta.txt": "\n".join(NAMES).encode()})
    check(cifar_images(root, "label"), [rows(3, 2)], ["bird", "airplane"])
    (root / "batches.meta.txt").unlink()
    check(cifar_images(root, "label"), [rows(3, 2)], ["2", "0"])


def test_cifar_100_in_python_and_in_bytes(folder: Make) -> None:
    batch = {"data": rows(3, 2), "fine_labels": [1, 0], "coarse_labels": [0, 0]}
    names = {"fine_label_names": ["apple", "beaver"], "coarse_label_names": ["things"]}
    root = folder(
        {"train": pickle.dumps(batch, protocol=2), "meta": pickle.dumps(names, protocol=2)}, "py"
    )
    check(cifar_images(root, "label"), [rows(3, 2)], ["beaver", "apple"])
    check(cifar_images(root, "coarse"), [rows(3, 2)], ["things", "things"])
    content = b"".join(b"\0" + bytes([n]) + row.tobytes() for n, row in zip((1, 0), rows(3, 2)))  # noqa: B905
    texts = {
        f"{kind}_label_names.txt": "\n".join(names[f"{kind}_label_names"]).encode()
        for kind in ("fine", "coarse")
    }
    root = folder({"train.bin": content, **texts}, "bin")
    check(cifar_images(root, "label"), [rows(3, 2)], ["beaver", "apple"])
    check(cifar_images(root, "coarse"), [rows(3, 2)], ["things", "things"])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x02}q\x01.",
        pickle.dumps({"data": rows(0), "labels": [1, 2]}, protocol=2),
        pickle.dumps({"data": rows(0)[:, :9], "labels": [1, 2, 3, 4]}, protocol=2),
        pickle.dumps({"data": "text", "labels": [1]}, protocol=2),
        pickle.dumps({"data": rows(0), "labels": 7}, protocol=2),
    ],
)
def test_a_batch_that_is_none_is_named(folder: Make, content: bytes) -> None:
    root = folder({"data_batch_1": content})
    with pytest.raises(UserError, match=r"data_batch_1' is no CIFAR batch"):
        cifar_images(root, "label")


def test_bytes_that_are_no_rows(folder: Make) -> None:
    with pytest.raises(UserError, match="is no CIFAR batch"):
        cifar_images(folder({"data_batch_1.bin": bytes(3074)}), "label")


def test_a_folder_with_a_folder_called_train_is_no_cifar(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    assert batch_files(tmp_path) == []
