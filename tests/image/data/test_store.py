"""The cache of decoded images: found, damaged, forbidden, and made twice at once."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from omnigan_image.data import build as build_module
from omnigan_image.data import load_images
from omnigan_image.data.images import Images

Make = Callable[..., Any]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list that grows with every image that is decoded."""
    seen: list[Any] = []
    decode = build_module.decode

    def spy(raw: Any, max_pixels: int) -> Any:
        seen.append(raw)
        return decode(raw, max_pixels)

    monkeypatch.setattr(build_module, "decode", spy)
    return seen


def contents(images: Images) -> list[bytes]:
    rows = np.concatenate([images.train, images.valid])
    return [images.stored.pixels[row].tobytes() for row in rows]


def files_of(cache: Path) -> dict[str, Path]:
    return {path.name: path for path in (cache / "image").rglob("*") if path.is_file()}


def test_what_was_decoded_once_is_not_decoded_again(
    photos: Path, config: Make, decoded: list[Any], cache: Path
) -> None:
    before = contents(load_images(config(photos))[1])
    assert len(decoded) == 10
    assert contents(load_images(config(photos))[1]) == before
    for other in ({"mirror": True}, {"held_out": 0.5}, {"split_seed": 3}, {"labels": "folder"}):
        load_images(config(photos, **other))  # none of these changes the pixels
    load_images(config(photos, size=24, channels=3))  # that is what auto found
    assert len(decoded) == 10
    assert len(list(cache.rglob("pixels.npy"))) == 1


def test_one_number_for_both_sides_is_found_again(
    photos: Path, config: Make, decoded: list[Any]
) -> None:
    load_images(config(photos, size=16))
    load_images(config(photos, size=16))
    assert len(decoded) == 10


def test_the_cache_is_a_plain_array(photos: Path, config: Make, cache: Path, scene: Make) -> None:
    load_images(config(photos))
    pixels = np.load(files_of(cache)["pixels.npy"], allow_pickle=False)
    wanted = [scene(n).transpose(2, 0, 1) for n in (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)]
    np.testing.assert_array_equal(pixels, wanted)


@pytest.mark.parametrize(
    "other",
    [
        {"size": 20},
        {"channels": 1},
        {"fit": "pad", "size": (20, 30)},
        {"filter": "box", "size": 20},
        {"max_images": 7},
        {"max_pixels": 600},
    ],
)
def test_other_settings_give_other_pixels(
    photos: Path, config: Make, decoded: list[Any], cache: Path, other: dict[str, Any]
) -> None:
    load_images(config(photos))
    load_images(config(photos, **other))
    assert len(decoded) > 10
    assert len(list(cache.rglob("pixels.npy"))) == 2


def test_changed_files_are_decoded_anew(
    photos: Path, config: Make, encode: Make, scene: Make, decoded: list[Any]
) -> None:
    load_images(config(photos))
    file = photos / "a" / "0.png"
    status = file.stat()
    file.write_bytes(encode(scene(99)).ljust(status.st_size + 1, b"\0"))
    _, images = load_images(config(photos))
    assert len(decoded) == 20
    assert scene(99).transpose(2, 0, 1).tobytes() in contents(images)
    (photos / "new.png").write_bytes(encode(scene(100)))
    load_images(config(photos))
    assert len(decoded) == 31


def test_images_are_found_again_wherever_they_lie(
    photos: Path, config: Make, decoded: list[Any], tmp_path: Path
) -> None:
    before = contents(load_images(config(photos))[1])
    copied = tmp_path / "copied"
    shutil.copytree(photos, copied)
    for file in copied.rglob("*.png"):
        os.utime(file, ns=(0, 1))
    data, images = load_images(config(copied))
    assert contents(images) == before
    assert data.source == str(copied)
    assert len(decoded) == 10
    (copied / "a" / "0.png").rename(copied / "b" / "0.png")
    data, images = load_images(config(copied, labels="folder"))
    assert images.label_counts() == [3, 5], "of 4 and 6, since labels are where the files are now"
    assert len(decoded) == 20


def test_a_file_that_is_called_otherwise_is_not_read_again(
    config: Make, decoded: list[Any], tmp_path: Path, scene: Make
) -> None:
    one, other = tmp_path / "one.npz", tmp_path / "other.npz"
    np.savez(one, images=np.stack([scene(n) for n in range(10)]))
    before = contents(load_images(config(one))[1])
    one.rename(other)
    assert contents(load_images(config(other))[1]) == before
    assert len(decoded) == 10


def test_images_that_change_while_they_are_read_are_not_kept(
    photos: Path, config: Make, encode: Make, scene: Make, decoded: list[Any]
) -> None:
    file = photos / "a" / "0.png"

    def change(what: str, done: int, total: int) -> None:
        if done == 1:
            file.write_bytes(encode(scene(99)))

    file.write_bytes(encode(scene(98)))
    load_images(config(photos, size=24, channels=3), change)
    seen = len(decoded)
    file.write_bytes(encode(scene(98)))
    _, images = load_images(config(photos, size=24, channels=3))
    assert len(decoded) > seen
    assert scene(98).transpose(2, 0, 1).tobytes() in contents(images)


@pytest.mark.parametrize("name", ["pixels.npy", "facts.npz"])
@pytest.mark.parametrize("damage", ["empty", "cut", "noise", "gone", "one byte"])
def test_a_damaged_cache_is_made_again(
    photos: Path, config: Make, cache: Path, name: str, damage: str
) -> None:
    before = contents(load_images(config(photos))[1])
    file = files_of(cache)[name]
    whole = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        middle = whole.find(b'"kinds"') if name == "facts.npz" else len(whole) // 2
        changed = bytes([whole[middle] ^ 1])
        kinds = {
            "empty": b"",
            "cut": whole[:-30],
            "noise": os.urandom(len(whole)),
            "one byte": whole[:middle] + changed + whole[middle + 1 :],
        }
        file.unlink()  # a file that is mapped must not shrink under its reader
        file.write_bytes(kinds[damage])
    assert contents(load_images(config(photos))[1]) == before
    assert file.read_bytes() == whole


def test_a_damaged_note_is_written_again(photos: Path, config: Make, cache: Path) -> None:
    data, _ = load_images(config(photos))
    (note,) = cache.rglob("settled-*.json")
    whole = note.read_bytes()
    for damaged in (b"", b"{", b"[]", b'{"size": [1, 2, 3]}', b'{"size": "auto"}', b"\xff"):
        note.write_bytes(damaged)
        assert load_images(config(photos))[0] == data
        assert note.read_bytes() == whole


def test_an_unwritable_cache_costs_nothing_but_time_and_memory(
    photos: Path, config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(load_images(config(photos))[1])
    blocked = tmp_path / "a file"
    blocked.touch()
    monkeypatch.setenv("OMNIGAN_CACHE", str(blocked))
    _, images = load_images(config(photos))
    assert contents(images) == before
    assert images.stored.file is None
    assert "they stay in memory" in images.report()["summary"][-1]
    assert blocked.read_bytes() == b""
    pictures = images.source("train")
    sent = ForkingPickler.loads(ForkingPickler.dumps(pictures))
    assert torch.equal(sent.read(0, torch.Generator()).x, pictures.read(0, torch.Generator()).x)


def test_a_full_disk_falls_back_to_memory(
    photos: Path, config: Make, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(load_images(config(photos))[1])
    for file in files_of(cache).values():
        file.unlink()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("omnigan.datasets.rows.os.fsync", full)
    _, images = load_images(config(photos))
    assert contents(images) == before
    assert images.stored.file is None
    assert "pixels.npy" not in files_of(cache)
    assert not [name for name in files_of(cache) if name.startswith(".")]


def test_an_interrupt_leaves_nothing_behind(photos: Path, config: Make, cache: Path) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_images(config(photos), interrupt)
    assert {name for name in files_of(cache) if not name.startswith("settled")} == set()
    assert len(contents(load_images(config(photos))[1])) == 10


def test_two_runs_that_decode_at_once_both_get_all(photos: Path, config: Make, cache: Path) -> None:
    together = threading.Barrier(2, timeout=30)
    results: list[Images] = []

    def meet(what: str, done: int, total: int) -> None:
        if done in (1, 5, 10):
            together.wait()

    def run() -> None:
        results.append(load_images(config(photos), meet)[1])

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = map(contents, results)
    assert first == second
    assert contents(load_images(config(photos))[1]) == first
    assert sorted(name for name in files_of(cache) if not name.startswith("settled")) == [
        "facts.npz",
        "pixels.npy",
    ]


def test_what_a_killed_run_left_behind_goes_when_it_is_old(
    photos: Path, config: Make, cache: Path
) -> None:
    load_images(config(photos))
    pixels = files_of(cache)["pixels.npy"]
    pixels.unlink()
    for name, age in ((".pixels-old", 2 * 86_400), (".pixels-now", 0)):
        left = pixels.with_name(name)
        left.write_bytes(b"half")
        os.utime(left, (left.stat().st_mtime - age,) * 2)
    load_images(config(photos))
    assert sorted(path.name for path in pixels.parent.iterdir()) == [
        ".pixels-now",
        "facts.npz",
        "pixels.npy",
    ]
