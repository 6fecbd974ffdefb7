"""Colours of files with a profile, against the mathematics of colour spaces."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from omnigan_image.data import load_images
from omnigan_image.data.decode import decode, pillow_limit

Make = Callable[..., Any]
LIMIT = 10_000

# Columns: red, green and blue of Display P3 and of sRGB in XYZ, adapted to D50 by Bradford's method
# (as published by Apple and by the International Color Consortium).
P3 = np.array([[0.5151, 0.2920, 0.1571], [0.2412, 0.6922, 0.0666], [-0.0011, 0.0419, 0.7841]])
SRGB = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
GAMMA = 2.0


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with pillow_limit(LIMIT):
        yield


def profile(space: bytes, connection: bytes, name: str, tags: Mapping[bytes, bytes]) -> bytes:
    """Return an ICC profile, version 2, written from the specification."""
    text = name.encode() + b"\0"
    described = b"desc" + struct.pack(">II", 0, len(text)) + text + bytes(4 + 4 + 2 + 1 + 67)
    all_tags = {b"desc": described, **tags}
    offset = 128 + 4 + 12 * len(all_tags)
    table, body = struct.pack(">I", len(all_tags)), b""
    for key, content in all_tags.items():
        table += key + struct.pack(">II", offset + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(
        ">I4xI4s4s4s12x4s", offset + len(body), 0x02400000, b"mntr", space, connection, b"acsp"
    )
    head += bytes(68 - len(head)) + _numbers(0.9642, 1.0, 0.8249)
    return head + bytes(128 - len(head)) + table + body


def _numbers(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _curve(gamma: float) -> bytes:
    return b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256))


def matrix_profile(name: str, primaries: NDArray[Any], gamma: float) -> bytes:
    tags = {key: _curve(gamma) for key in (b"rTRC", b"gTRC", b"bTRC")}
    for key, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries.T, strict=True):
        tags[key] = b"XYZ " + bytes(4) + _numbers(*column)
    return profile(b"RGB ", b"XYZ ", name, tags)


def ink_profile() -> bytes:
    """Return a profile whose 16 corners are white, black under all black ink, and red for M + Y."""
    corners = []
    for ink in range(16):
        cyan, magenta, yellow, black = ((ink >> bit) & 1 for bit in (3, 2, 1, 0))
        red = magenta and yellow and not cyan
        lab = (0, 0, 0) if black else (54.29, 80.81, 69.89) if red else (100, 0, 0)
        corners += [round(lab[0] * 2.55), round(lab[1]) + 128, round(lab[2]) + 128]
    head = b"mft1" + bytes(4) + struct.pack(">BBBx", 4, 3, 2) + _numbers(1, 0, 0, 0, 1, 0, 0, 0, 1)
    straight = bytes(range(256))
    table = head + 4 * straight + bytes(corners) + 3 * straight
    return profile(b"CMYK", b"Lab ", "Some ink", {b"A2B0": table})


def to_srgb(pixels: NDArray[np.uint8]) -> NDArray[Any]:
    """Return what the formulas give."""
    linear = (pixels / 255) ** GAMMA
    light = (linear @ (np.linalg.inv(SRGB) @ P3).T).clip(0, 1)
    low, high = 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055
    return 255 * np.where(light <= 0.0031308, low, high)


def saved(image: Image.Image, kind: str, icc: bytes) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, icc_profile=icc)
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_wide_colours_become_srgb(scene: Make, mode: str) -> None:
    icc = matrix_profile("Display P3", P3, GAMMA)
    image = Image.fromarray(scene(1, 9, 7, 4)).convert("RGBA" if mode == "RGBA" else "RGB")
    image = image.convert(mode)
    before = np.asarray(image.convert("RGB") if mode == "P" else image)
    decoded = decode(saved(image, "PNG", icc), LIMIT)
    assert decoded.traits == ("converted from the profile Display P3",)
    assert np.abs(decoded.pixels[..., :3] - to_srgb(before[..., :3])).max() < 2
    assert np.abs(before[..., :3].astype(int) - decoded.pixels[..., :3]).max() > 10
    if mode == "RGBA":
        np.testing.assert_array_equal(decoded.pixels[..., 3], before[..., 3])


def test_grey_has_a_profile_of_its_own() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    icc = profile(
        b"GRAY",
        b"XYZ ",
        "Grey 2",
        {b"kTRC": _curve(GAMMA), b"wtpt": b"XYZ " + bytes(4) + _numbers(0.9642, 1.0, 0.8249)},
    )
    for mode in ("L", "LA"):
        image = Image.fromarray(levels).convert(mode)
        decoded = decode(saved(image, "PNG", icc), LIMIT)
        assert decoded.traits == ("converted from the profile Grey 2",)
        light = (levels / 255) ** GAMMA
        wanted = 255 * np.where(
            light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055
        )
        assert np.abs(decoded.pixels[..., 0] - wanted).max() < 2
        assert decoded.pixels.shape[2] == len(mode)


def test_ink_becomes_light() -> None:
    inks = np.array([[[0, 0, 0, 0], [0, 0, 0, 255], [0, 255, 255, 0]]], np.uint8)
    image = Image.fromarray(inks, "CMYK")
    decoded = decode(saved(image, "TIFF", ink_profile()), LIMIT)
    assert decoded.traits == ("converted from the profile Some ink",)
    wanted = [[255, 255, 255], [0, 0, 0], [255, 0, 0]]
    np.testing.assert_allclose(decoded.pixels[0], wanted, atol=6)


@pytest.mark.parametrize(
    "icc", [b"no profile", matrix_profile("P3", P3, 2.2)[:200], ink_profile()], ids=len
)
def test_a_profile_that_does_not_suit_is_ignored(scene: Make, encode: Make, icc: bytes) -> None:
    pixels = scene(2, 9, 7, 3)
    decoded = decode(encode(pixels, icc_profile=icc), LIMIT)
    np.testing.assert_array_equal(decoded.pixels, pixels)
    assert decoded.traits == ("colour profile ignored",)


def test_the_report_counts_by_profile(photos: Path, config: Make) -> None:
    icc = matrix_profile("Display P3", P3, GAMMA)
    for number in (0, 2):
        path = photos / "a" / f"{number}.png"
        path.write_bytes(saved(Image.open(path), "PNG", icc))
    report = load_images(config(photos))[1].report()
    assert report["converted from the profile Display P3"] == 2
    assert "Also found: converted from the profile Display P3 (2)." in report["summary"]
