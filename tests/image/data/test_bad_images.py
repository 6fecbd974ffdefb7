"""Bad files and bad sources: named in the report, or a clear error."""

from __future__ import annotations

import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omnigan.errors import UserError
from omnigan_image.data import load_images

Make = Callable[..., Any]


def test_every_bad_file_is_in_the_report_with_the_reason(
    photos: Path, encode: Make, scene: Make, config: Make
) -> None:
    whole = encode(scene(50, 60, 60), "JPEG")
    bad = {
        "zero.png": b"",
        "text.jpg": b"this is no image",
        "cut.jpg": whole[:-20],
        "large.png": encode(scene(51, 100, 100)),
    }
    odd = {
        "one.png": encode(np.full((1, 1, 3), 9, np.uint8)),
        "long.png": encode(np.full((1, 6000, 3), 9, np.uint8)),
        "wrong.jpg": encode(scene(52), "PNG"),
        "readme.txt": b"",
    }
    for name, content in (bad | odd).items():
        (photos / name).write_bytes(content)
    (photos / "loop").symlink_to(photos, target_is_directory=True)
    data, images = load_images(config(photos, max_pixels=8000))
    report = images.report()
    assert data.size == (24, 24)
    assert sum(report["images"].values()) == 13
    assert report["files broken"] == 4
    assert {line.partition(":")[0] for line in report["broken"]} == set(bad)
    assert "large.png: 100 x 100 pixels are more than data.max_pixels, 8000" in report["broken"]
    assert report["other files"] == {".txt": 1}
    assert report["enlarged"] == 2
    assert report["heights"] == {"smallest": 1, "median": 24, "largest": 24}
    assert (report["widths"]["smallest"], report["widths"]["largest"]) == (1, 6000)
    assert "from heights between 1 and 24 and widths between 1 and 6000" in report["summary"][1]
    text = " ".join(report["summary"])
    assert "Unreadable: 4 images, cut.jpg (it cannot be decoded: " in text
    assert (
        "Enlarged 4 times or more: 2 images, long.png (1x6000, 24 times), one.png (1x1, 24 times)."
    ) in text
    assert "Other files, ignored: 1 .txt." in text


def test_what_is_no_file_is_named_and_does_not_block(photos: Path, config: Make) -> None:
    (photos / "nowhere.png").symlink_to("missing.png")
    (photos / "itself.png").symlink_to("itself.png")
    os.mkfifo(photos / "pipe.png")
    _, images = load_images(config(photos))
    assert sorted(images.report()["broken"]) == [
        "itself.png: it is a link to itself",
        "nowhere.png: it is a link to nowhere",
        "pipe.png: it is no regular file",
    ]
    assert images.stored.facts.lasting
    shutil.copy(photos / "a" / "0.png", photos / "missing.png")
    _, images = load_images(config(photos))
    assert images.report()["files broken"] == 2, "the link leads somewhere now"


def test_an_unreadable_file_is_named_and_tried_again(
    photos: Path, config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def refuse(self: Path, *args: Any, **options: Any) -> Any:
        if self.name == "3.png":
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        report = load_images(config(photos))[1].report()
        assert report["broken"] == ["b/3.png: it cannot be opened: Permission denied"]
    assert load_images(config(photos))[1].report()["files broken"] == 0


@pytest.mark.parametrize("kind", ["files", "zip", "tar"])
def test_mostly_broken_sources_are_refused(photos: Path, config: Make, kind: str) -> None:
    for n in range(11):
        (photos / f"x{n:02d}.png").write_bytes(b"broken")
    source: Any = photos
    if kind != "files":
        source = shutil.make_archive(str(photos.parent / "x"), kind, photos)
    message = r"11 of 21 images in .* cannot be read \(x00\.png: it is no image .*; x01\.png: "
    for _ in range(2):  # the second time out of the cache
        with pytest.raises(UserError, match=message):
            load_images(config(source))
    shutil.rmtree(photos / "a")
    shutil.rmtree(photos / "b")
    with pytest.raises(UserError, match=r"no image can be read \(x00\.png: "):
        load_images(config(photos))
    with pytest.raises(UserError, match=r"no image in .* can be read \(x00\.png: "):
        load_images(config(photos, size=9, channels=1))


def test_sources_that_are_none(tmp_path: Path, config: Make, folder: Make, photos: Path) -> None:
    def complaint(source: Path | str, **settings: Any) -> str:
        with pytest.raises(UserError) as error:
            load_images(config(source, **settings))
        return str(error.value)

    assert "Did you mean 'mnist'?" in complaint("mnst")
    assert "there is no file or folder" in complaint(tmp_path / "mnst")
    (tmp_path / "empty").mkdir()
    assert "no image file in" in complaint(tmp_path / "empty")
    assert "no image can be read" in complaint(folder({"x.pdf": b"%PDF"}) / "x.pdf")
    with zipfile.ZipFile(tmp_path / "x.zip", "w"):
        pass
    assert "no image file in" in complaint(tmp_path / "x.zip")
    with tarfile.open(tmp_path / "x.tar", "w"):
        pass
    assert "no image" in complaint(tmp_path / "x.tar")
    np.savez(tmp_path / "x.npz", a=np.arange(3))
    assert "no array of images" in complaint(tmp_path / "x.npz")
    assert "one image is not enough" in complaint(photos / "a" / "0.png")
    shutil.copy(photos / "a" / "0.png", tmp_path / "empty" / "1.png")
    shutil.copy(photos / "a" / "0.png", tmp_path / "empty" / "2.png")
    assert "nor are copies of one" in complaint(tmp_path / "empty")
    assert "bring no labels of their own" in complaint(photos, labels="auto")


def test_an_empty_array_is_refused(tmp_path: Path, config: Make) -> None:
    np.save(tmp_path / "x.npy", np.zeros((0, 8, 8), np.uint8))
    with pytest.raises(UserError, match="no image"):
        load_images(config(tmp_path / "x.npy"))


def test_many_cores_give_what_one_gives(
    photos: Path, config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "x.png").write_bytes(b"broken")
    files = []
    for number in (1, 7):
        monkeypatch.setattr("omnigan_image.data.build.cores", lambda number=number: number)
        monkeypatch.setattr("omnigan_image.data.build._BLOCK", 3 + number)
        _, images = load_images(config(photos))
        assert images.stored.file is not None
        files.append(images.stored.file.read_bytes())
        shutil.rmtree(os.environ["OMNIGAN_CACHE"])
    assert files[0] == files[1]


def test_progress_is_told(photos: Path, config: Make) -> None:
    told: list[tuple[str, int, int]] = []
    load_images(config(photos), lambda *what: told.append(what))
    assert told == [("reading images", done, 10) for done in range(1, 11)]
    load_images(config(photos), lambda *what: told.append(what))
    assert len(told) == 10  # out of the cache
