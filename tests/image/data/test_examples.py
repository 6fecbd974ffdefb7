"""Examples, their labels and their split."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch

from omnigan.domain import Split
from omnigan.errors import UserError
from omnigan_image.data import load_images
from omnigan_image.data_config import ImageData

Make = Callable[..., Any]


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_labels_are_conditions(photos: Path, config: Make, scene: Make) -> None:
    data, images = load_images(config(photos, labels="folder"))
    assert data.label_names == ("a", "b")
    letters = {scene(n).tobytes(): "ab"[n % 2] for n in range(10)}
    for split in get_args(Split):
        pictures = images.source(split)
        for index in range(len(pictures)):
            example = pictures.read(index, rng())
            label = example.cond["label"]
            assert (label.dtype, label.shape) == (torch.int64, ())
            pixels = pictures.pixels[pictures.rows[index]].transpose(1, 2, 0)
            assert data.label_names[int(label)] == letters[pixels.tobytes()]
    assert load_images(config(photos))[1].source("train").read(0, rng()).cond == {}


def test_bytes_become_minus_one_to_one_exactly(folder: Make, encode: Make, config: Make) -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    root = folder({"a.png": encode(ramp), "b.png": encode(ramp.transpose(1, 0, 2).copy())})
    x = load_images(config(root))[1].source("train").read(0, rng()).x
    assert sorted(x.ravel().tolist()) == pytest.approx(
        [n / 127.5 - 1 for n in range(256)], abs=1e-7
    )
    assert (x.min(), x.max()) == (-1, 1)


def test_mirroring_draws_from_the_generator_alone(photos: Path, config: Make) -> None:
    plain = load_images(config(photos))[1].source("train")
    mirrored = load_images(config(photos, mirror=True))[1].source("train")
    generator = rng()
    flips = 0
    for _ in range(200):
        x = mirrored.read(0, generator).x
        original = plain.read(0, rng()).x
        is_flipped = torch.equal(x, original.flip(2))
        assert is_flipped or torch.equal(x, original)
        flips += is_flipped
    assert 70 < flips < 130
    assert torch.equal(mirrored.read(1, rng()).x, mirrored.read(1, rng()).x)


def test_pictures_go_to_another_process_without_their_pixels(photos: Path, config: Make) -> None:
    pictures = load_images(config(photos, labels="folder", size=96))[1].source("train")
    sent = bytes(ForkingPickler.dumps(pictures))
    assert len(sent) < 3000
    received = ForkingPickler.loads(sent)
    for index in range(len(pictures)):
        ours, theirs = pictures.read(index, rng()), received.read(index, rng())
        assert torch.equal(ours.x, theirs.x)
        assert ours.cond == theirs.cond


def test_the_resolved_config_gives_the_same_images(photos: Path, config: Make) -> None:
    given_data = config(photos, labels="folder", size=20)
    data, images = load_images(given_data)
    again = ImageData.model_validate_json(data.model_dump_json())
    assert again == data
    resolved, same = load_images(again)
    assert resolved == data
    assert same.stored.file == images.stored.file
    assert same.train.tolist() == images.train.tolist()


def test_the_split_follows_content_not_names(
    photos: Path, folder: Make, encode: Make, scene: Make, config: Make
) -> None:
    renamed = folder({f"{9 - n}.png": encode(scene(n)) for n in range(10)}, "renamed")
    valid = []
    for root, seed in ((photos, 0), (renamed, 0), (photos, 1)):
        pictures = load_images(config(root, split_seed=seed))[1].source("valid")
        valid.append({pictures.pixels[row].tobytes() for row in pictures.rows})
    assert valid[0] == valid[1] != valid[2]


def test_copies_stay_on_one_side(folder: Make, encode: Make, scene: Make, config: Make) -> None:
    files = {}
    for n in range(8):
        files |= {
            f"{n}a.png": encode(scene(n, 48, 48)),
            f"{n}b.bmp": encode(scene(n, 48, 48), "BMP"),
            f"{n}c.jpg": encode(scene(n, 48, 48), "JPEG", quality=90),
        }
    for seed in range(5):
        _, images = load_images(config(folder(files), held_out=0.4, split_seed=seed))
        names = [
            {images.stored.facts.names[row][0] for row in rows}
            for rows in (images.train, images.valid)
        ]
        assert not names[0] & names[1]
    report = images.report()
    assert report["duplicates"] == {"equal": 8, "alike": 8}
    assert "8 exact copies and 8 near copies of other images" in " ".join(report["summary"])


def test_a_set_of_like_images_is_not_one_copy(folder: Make, encode: Make, config: Make) -> None:
    rng = np.random.default_rng(0)
    still = np.kron(rng.integers(0, 256, (4, 4)), np.ones((8, 8)))
    frames = [np.clip(still + rng.integers(-2, 3, (32, 32)), 0, 255) for _ in range(20)]
    files = {f"{n:02d}.png": encode(frame.astype(np.uint8)) for n, frame in enumerate(frames)}
    _, images = load_images(config(folder(files)))
    assert images.report()["images"] == {"train": 16, "valid": 4}
    assert "So many images look alike" in " ".join(images.report()["summary"])


def test_some_of_many_are_spread_over_all(photos: Path, config: Make) -> None:
    _, images = load_images(config(photos, max_images=5))
    assert list(images.stored.facts.names) == [
        "a/0.png",
        "a/4.png",
        "a/8.png",
        "b/3.png",
        "b/7.png",
    ]
    assert len(images.train) + len(images.valid) == 5


def test_images_without_a_label_are_left_out(photos: Path, config: Make, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text(
        "file,label\n" + "".join(f"{n},x{n % 3}\n" for n in range(7)) + "8,\nlost,x1\n"
    )
    data, images = load_images(config(photos, labels=str(table)))
    assert data.label_names == ("x0", "x1", "x2")
    report = images.report()
    assert report["labels"] == {"x0": 3, "x1": 2, "x2": 2}
    assert report["images without a label"] == 3
    rows = [line for line in report["summary"] if line.startswith("Rows in the table of labels")]
    assert [row.partition(": ")[2] for row in rows] == ["1 row, lost (x1).", "1 row, 8 (empty)."]
    assert sum(report["images"].values()) == 7
    some = data.model_copy(update={"label_names": ("x0", "x2")})
    assert load_images(some)[1].report()["labels"] == {"x0": 3, "x2": 2}
    with pytest.raises(UserError, match="no image has the label q; there are x0, x1, x2"):
        load_images(data.model_copy(update={"label_names": ("q",)}))


@pytest.mark.parametrize("mirror", [False, True])
def test_whole_batches_hold_the_same_images_wherever_they_are_kept(
    photos: Path, config: Make, mirror: bool
) -> None:
    pictures = load_images(config(photos, labels="folder", mirror=mirror))[1].source("train")
    plain = load_images(config(photos, labels="folder"))[1].source("train")
    indices = [3, 0, 3, 5, 1] * 8
    batch = pictures.read_batch(indices, rng())
    kept = pictures.resident(torch.device("cpu")).read_batch(indices, rng())
    assert torch.equal(batch.x, kept.x)
    assert torch.equal(batch.cond["label"], kept.cond["label"])
    flips = 0
    for place, index in enumerate(indices):
        example = plain.read(index, rng())
        flipped = torch.equal(batch.x[place], example.x.flip(2))
        assert flipped or torch.equal(batch.x[place], example.x)
        assert batch.cond["label"][place] == example.cond["label"]
        flips += flipped
    assert (8 < flips < 32) if mirror else flips == 0
