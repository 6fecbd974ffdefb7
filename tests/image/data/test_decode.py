"""Every mode and format of file, and files that are broken."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from omnigan_image.data.collection import UnreadableImage
from omnigan_image.data.decode import Decoded, decode, open_image, pillow_limit, upright_size

Make = Callable[..., Any]
LIMIT = 10_000


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with pillow_limit(LIMIT):
        yield


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def by_hand(width: int, height: int, depth: int, colour: int, *chunks: bytes, rows: bytes) -> bytes:
    """Return a PNG file written from the specification."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = b"".join(chunks) + chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM", "GIF"])
def test_grey(scene: Make, encode: Make, kind: str) -> None:
    pixels = scene(0, 5, 7, 1)
    np.testing.assert_array_equal(decode(encode(pixels, kind), LIMIT).pixels, pixels)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM", "WEBP"])
def test_rgb(scene: Make, encode: Make, kind: str) -> None:
    pixels = scene(0, 5, 7, 3)
    options = {"lossless": True} if kind == "WEBP" else {}
    decoded = decode(encode(pixels, kind, **options), LIMIT)
    np.testing.assert_array_equal(decoded.pixels, pixels)
    assert decoded.kind == f"{kind} RGB"


@pytest.mark.parametrize(("kind", "channels"), [("PNG", 2), ("PNG", 4), ("TIFF", 4), ("TIFF", 2)])
def test_alpha(scene: Make, encode: Make, kind: str, channels: int) -> None:
    pixels = scene(0, 5, 7, channels)
    np.testing.assert_array_equal(decode(encode(pixels, kind), LIMIT).pixels, pixels)


def test_jpeg_is_near(scene: Make, encode: Make) -> None:
    pixels = scene(0, 32, 40)
    decoded = decode(encode(pixels, "JPEG", quality=95), LIMIT).pixels
    assert np.abs(decoded.astype(int) - pixels).mean() < 3


def test_a_palette_of_colours_with_a_transparent_one() -> None:
    palette = chunk(b"PLTE", bytes([10, 20, 30, 200, 100, 50]))
    rows = bytes([0, 0b01000000])  # one row: filter 0, then pixels 0 and 1 in one bit each
    plain = by_hand(2, 1, 1, 3, palette, rows=rows)
    assert decode(plain, LIMIT).pixels.tolist() == [[[10, 20, 30], [200, 100, 50]]]
    clear = by_hand(2, 1, 1, 3, palette, chunk(b"tRNS", bytes([0, 128])), rows=rows)
    assert decode(clear, LIMIT).pixels.tolist() == [[[10, 20, 30, 0], [200, 100, 50, 128]]]


def test_a_palette_of_greys_is_grey() -> None:
    palette = chunk(b"PLTE", bytes([9, 9, 9, 77, 77, 77]))
    rows = bytes([0, 0b01000000])
    assert decode(by_hand(2, 1, 1, 3, palette, rows=rows), LIMIT).pixels.tolist() == [[[9], [77]]]


def test_a_grey_level_or_a_colour_that_is_transparent() -> None:
    grey = by_hand(2, 1, 8, 0, chunk(b"tRNS", struct.pack(">H", 7)), rows=bytes([0, 7, 8]))
    assert decode(grey, LIMIT).pixels.tolist() == [[[7, 0], [8, 255]]]
    key = chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3))
    colour = by_hand(2, 1, 8, 2, key, rows=bytes([0, 1, 2, 3, 4, 5, 6]))
    assert decode(colour, LIMIT).pixels.tolist() == [[[1, 2, 3, 0], [4, 5, 6, 255]]]


def test_one_bit() -> None:
    content = by_hand(3, 1, 1, 0, rows=bytes([0, 0b10100000]))
    assert decode(content, LIMIT).pixels.tolist() == [[[255], [0], [255]]]


def test_16_bit_grey_keeps_its_range() -> None:
    values = [0, 257, 300, 65535]
    content = by_hand(4, 1, 16, 0, rows=b"\0" + struct.pack(">4H", *values))
    assert decode(content, LIMIT).pixels.ravel().tolist() == [0, 1, 1, 255]
    tiff = saved(Image.fromarray(np.array([values], np.uint16)), "TIFF")
    assert decode(tiff, LIMIT).pixels.ravel().tolist() == [0, 1, 1, 255]


def test_32_bit_integers_are_taken_for_16_bits_or_refused() -> None:
    small = saved(Image.fromarray(np.array([[0, 514, 65535]], np.int32)), "TIFF")
    assert decode(small, LIMIT).pixels.ravel().tolist() == [0, 2, 255]
    large = saved(Image.fromarray(np.array([[0, 70_000]], np.int32)), "TIFF")
    with pytest.raises(UnreadableImage, match="beyond 16 bits"):
        decode(large, LIMIT)


def test_floats() -> None:
    def tiff(values: list[float]) -> bytes:
        return saved(Image.fromarray(np.array([values], np.float32)), "TIFF")

    assert decode(tiff([0, 0.5, 1]), LIMIT).pixels.ravel().tolist() == [0, 128, 255]
    assert decode(tiff([0, 10.4, 255]), LIMIT).pixels.ravel().tolist() == [0, 10, 255]
    for bad in ([-1, 0], [0, 256], [0, float("nan")]):
        with pytest.raises(UnreadableImage, match="its values go from"):
            decode(tiff(bad), LIMIT)


def test_cmyk() -> None:
    ink = Image.new("CMYK", (8, 8), (255, 0, 0, 0))  # all cyan: no red
    decoded = decode(saved(ink, "JPEG", quality=100), LIMIT)
    assert decoded.kind == "JPEG CMYK"
    assert np.abs(decoded.pixels.astype(int) - [0, 255, 255]).max() <= 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation(kind: str, orientation: int) -> None:
    # blocks of 8 so that JPEG keeps them: an F-like pattern that no symmetry maps onto itself
    upright = np.kron(np.array([[1, 1], [1, 0], [0, 0]]), np.ones((8, 8))).astype(np.uint8) * 255
    # EXIF 2.3: which row and column of the stored image is the top and the left of the upright one
    undo = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: np.transpose,
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).T,
        8: lambda a: np.rot90(a, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = Image.fromarray(np.ascontiguousarray(undo[orientation](upright))).convert("RGB")
    options = {"lossless": True} if kind == "WEBP" else {"quality": 100} if kind == "JPEG" else {}
    content = saved(picture, kind, exif=exif, **options)
    decoded = decode(content, LIMIT)
    assert np.abs(decoded.pixels[..., 0].astype(int) - upright).max() < 10
    assert ("turned as EXIF says" in decoded.traits) == (orientation > 1)
    with open_image(content, LIMIT) as image:
        assert upright_size(image) == (24, 16)


def test_damaged_exif_data_do_not_lose_the_image(scene: Make, encode: Make) -> None:
    content = encode(scene(0), exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12\0\x03")
    assert decode(content, LIMIT).pixels.shape == (24, 24, 3)


def test_the_first_of_several_frames() -> None:
    frames = [Image.new("RGB", (6, 6), colour) for colour in ("red", "blue", "lime")]
    for kind in ("GIF", "TIFF", "WEBP", "PNG"):
        options = {"lossless": True} if kind == "WEBP" else {}
        content = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        decoded = decode(content, LIMIT)
        assert decoded.pixels[0, 0].tolist() == [255, 0, 0]
        assert decoded.traits == ("several frames",)
    assert decode(saved(frames[0], "GIF"), LIMIT).traits == ()


def test_srgb_says_nothing_new(scene: Make, encode: Make) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = scene(0)
    decoded = decode(encode(pixels, icc_profile=profile), LIMIT)
    assert decoded.traits == ()
    np.testing.assert_array_equal(decoded.pixels, pixels)


def test_content_decides_not_the_name(tmp_path: Path, scene: Make, encode: Make) -> None:
    path = tmp_path / "really.jpg"
    path.write_bytes(encode(scene(0), "PNG"))
    assert decode(path, LIMIT).kind == "PNG RGB"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_a_truncated_file_is_refused(scene: Make, encode: Make, kind: str, share: float) -> None:
    content = encode(scene(0, 60, 60), kind)
    with pytest.raises(UnreadableImage):
        decode(content[: int(share * len(content))], LIMIT)


@pytest.mark.parametrize("content", [b"", b"\0", b"no image", bytes(1000), b"GIF89a", b"\xff\xd8"])
def test_what_is_no_image_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableImage, match=r"empty|no image of a known format|head is damaged"):
        decode(content, LIMIT)


def test_random_damage_never_does_more_than_lose_the_image(scene: Make, encode: Make) -> None:
    rng = np.random.default_rng(0)
    refused = 0
    for kind in ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"):
        content = np.frombuffer(encode(scene(1, 20, 20), kind), np.uint8)
        for _ in range(60):
            damaged = content.copy()
            places = rng.integers(0, len(content), 5)
            damaged[places] = rng.integers(0, 256, 5)
            try:
                result = decode(damaged.tobytes(), LIMIT)
            except UnreadableImage:
                refused += 1
            else:
                assert isinstance(result, Decoded)
                height, width, channels = result.pixels.shape
                assert result.pixels.dtype == np.uint8
                assert height * width <= LIMIT
                assert 1 <= channels <= 4
    assert refused


def test_more_pixels_than_allowed_are_never_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = b"".join(b"\0" + bytes(200) for _ in range(100))
    content = by_hand(200, 100, 8, 0, rows=rows)
    bomb = by_hand(50_000, 50_000, 8, 0, rows=b"")
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(UnreadableImage, match=r"200 x 100 pixels are more than data\.max_pixels"):
        decode(content, LIMIT)
    with pytest.raises(UnreadableImage, match=r"far more than data\.max_pixels, 10000"):
        decode(bomb, LIMIT)


def test_a_file_too_large_for_any_allowed_image_is_not_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.png"
    with huge.open("wb") as file:
        file.truncate(2**33)
    with pytest.raises(UnreadableImage, match="larger than 1 MB"):
        decode(huge, LIMIT)


def test_the_limit_is_pillows_only_meanwhile() -> None:
    with pillow_limit(5):
        assert Image.MAX_IMAGE_PIXELS == 5
        warnings.warn("quiet", stacklevel=1)
    assert Image.MAX_IMAGE_PIXELS == LIMIT
