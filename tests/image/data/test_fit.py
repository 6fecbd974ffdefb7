"""Size and channels: against Pillow used directly, and by properties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from omnigan_image.data.fit import Canvas
from omnigan_image.data_config import ImageData

Make = Callable[..., Any]
SIDES = st.integers(17, 96)
CHANNELS = st.integers(1, 4)


def canvas(height: int, width: int, channels: int, fit: str = "crop", **settings: Any) -> Canvas:
    return Canvas(
        height,
        width,
        channels,
        fit,
        settings.get("filter", "lanczos"),
        settings.get("background", 255),
    )


@given(SIDES, SIDES)
def test_sizes_are_read_as_reports_write_them(height: int, width: int) -> None:
    written = ImageData.model_validate({"size": f"{height}x{width}"})
    assert written == ImageData.model_validate({"size": [height, width]})
    assert written.size == (height, width)


@given(SIDES, SIDES, CHANNELS, st.sampled_from(["crop", "pad", "stretch", "keep"]))
def test_pixels_of_the_right_size_and_kind_stay_what_they_are(
    height: int, width: int, channels: int, fit: str
) -> None:
    pixels = np.random.default_rng(height * width).integers(1, 256, (height, width, channels))
    drawn = canvas(height, width, channels, fit).draw(pixels.astype(np.uint8))
    np.testing.assert_array_equal(drawn, pixels.transpose(2, 0, 1))


@given(
    st.tuples(SIDES, SIDES, CHANNELS),
    st.tuples(SIDES, SIDES, CHANNELS),
    st.sampled_from(["crop", "pad", "stretch", "keep"]),
    st.sampled_from(["lanczos", "bicubic", "bilinear", "box", "nearest"]),
)
def test_anything_becomes_the_canvas(
    source: tuple[int, int, int], target: tuple[int, int, int], fit: str, method: str
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, source).astype(np.uint8)
    drawn = canvas(*target, fit, filter=method).draw(pixels)
    assert drawn.shape == (target[2], *target[:2])
    assert drawn.dtype == np.uint8
    assert drawn.flags.c_contiguous
    if target[2] in (2, 4) and source[2] in (1, 3) and fit in ("crop", "stretch"):
        assert (drawn[-1] == 255).all()  # what was opaque stays so


@given(SIDES, SIDES, st.sampled_from(["crop", "pad", "stretch", "keep"]))
def test_an_even_image_stays_even(height: int, width: int, fit: str) -> None:
    pixels = np.full((height, width, 3), (200, 100, 50), np.uint8)
    drawn = canvas(32, 48, 3, fit, background=(200, 100, 50)).draw(pixels)
    assert (drawn == np.array([200, 100, 50])[:, None, None]).all()


def test_crop_is_the_middle_of_pillows_resize() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 120, 3)).astype(np.uint8)
    resized = Image.fromarray(pixels).resize((40, 20), Image.Resampling.LANCZOS)
    wanted = np.asarray(resized.crop((10, 0, 30, 20)))
    np.testing.assert_array_equal(canvas(20, 20, 3).draw(pixels), wanted.transpose(2, 0, 1))


def test_crop_in_proportion_takes_everything(scene: Make) -> None:
    pixels = scene(0, 60, 90)
    wanted = np.asarray(Image.fromarray(pixels).resize((30, 20), Image.Resampling.BICUBIC))
    drawn = canvas(20, 30, 3, filter="bicubic").draw(pixels)
    np.testing.assert_array_equal(drawn, wanted.transpose(2, 0, 1))


def test_box_is_the_mean_of_blocks() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 48, 1)).astype(np.uint8)
    means = pixels[..., 0].reshape(8, 4, 12, 4).mean((1, 3))
    drawn = canvas(8, 12, 1, filter="box").draw(pixels)[0]
    assert np.abs(drawn - means).max() <= 1  # rounded twice, once for each axis


@pytest.mark.parametrize("method", ["lanczos", "bicubic", "bilinear", "box"])
def test_fine_stripes_do_not_alias(method: str) -> None:
    pixels = np.zeros((64, 64, 1), np.uint8)
    pixels[:, ::2] = 255  # finer than the result can show: grey is right
    drawn = canvas(16, 16, 1, filter=method).draw(pixels)[0, :, 3:-3]
    assert np.abs(drawn.astype(int) - 127).max() <= 8


def test_pad_keeps_the_whole_image_in_the_middle() -> None:
    pixels = np.full((10, 40, 3), 80, np.uint8)
    drawn = canvas(20, 20, 3, "pad", background=(1, 2, 3)).draw(pixels)
    assert (drawn[:, 7:12] == 80).all()
    for padding in (drawn[:, :7], drawn[:, 12:]):
        assert (padding == np.array([1, 2, 3])[:, None, None]).all()


def test_padding_is_invisible_where_there_is_alpha() -> None:
    drawn = canvas(4, 8, 4, "pad", background=9).draw(
        np.full((8, 8, 4), (80, 90, 100, 255), np.uint8)
    )
    assert drawn[:, 0, 0].tolist() == [9, 9, 9, 0]
    assert drawn[:, 0, 2].tolist() == [80, 90, 100, 255]


def test_keep_pads_digits_as_numpy_does_and_cuts_them_back() -> None:
    digit = np.random.default_rng(0).integers(0, 256, (28, 28, 1)).astype(np.uint8)
    larger = canvas(32, 32, 1, "keep", background=0).draw(digit)
    np.testing.assert_array_equal(larger[0], np.pad(digit[..., 0], 2))
    back = canvas(28, 28, 1, "keep").draw(larger.transpose(1, 2, 0))
    np.testing.assert_array_equal(back[0], digit[..., 0])


@given(st.integers(4, 40), st.integers(4, 40), st.integers(4, 40), st.integers(4, 40))
def test_keep_moves_pixels_and_changes_none(h: int, w: int, height: int, width: int) -> None:
    pixels = np.random.default_rng(h * w).integers(0, 255, (h, w, 1)).astype(np.uint8)
    drawn = canvas(height, width, 1, "keep", background=255).draw(pixels)[0]
    kept = drawn[drawn < 255]
    top, left = max(0, h - height) // 2, max(0, w - width) // 2
    middle = pixels[top : top + min(h, height), left : left + min(w, width), 0]
    np.testing.assert_array_equal(kept, middle.ravel())


@pytest.mark.parametrize("shape", [(1, 1), (1, 20_000), (20_000, 1), (2, 3)])
@pytest.mark.parametrize("fit", ["crop", "pad", "stretch", "keep"])
def test_extreme_shapes(shape: tuple[int, int], fit: str) -> None:
    drawn = canvas(32, 32, 3, fit).draw(np.full((*shape, 3), 7, np.uint8))
    assert drawn.shape == (3, 32, 32)
    assert (drawn[:, 15:17, 15:17] == 7).any()


# ---- channels ------------------------------------------------------------------------------


def test_grey_is_the_luma_of_itu_601() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    luma = pixels @ np.array([0.299, 0.587, 0.114])
    assert np.abs(canvas(8, 8, 1).draw(pixels)[0] - luma).max() <= 1


def test_transparent_pixels_show_the_background_where_there_is_no_alpha() -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:, 4:] = (10, 20, 30, 255)
    pixels[0, 0] = (110, 120, 130, 128)
    drawn = canvas(8, 8, 3, background=(200, 0, 100)).draw(pixels)
    assert drawn[:, 5, 2].tolist() == [200, 0, 100]
    assert drawn[:, 5, 6].tolist() == [10, 20, 30]
    mixed = (np.array([110, 120, 130]) * 128 + np.array([200, 0, 100]) * 127) / 255
    assert np.abs(drawn[:, 0, 0] - mixed).max() <= 1


def test_grey_with_alpha_over_a_background() -> None:
    pixels = np.full((4, 4, 2), (100, 0), np.uint8)
    assert (canvas(4, 4, 1, background=30).draw(pixels) == 30).all()
    assert (canvas(4, 4, 3, background=30).draw(pixels) == 30).all()


@pytest.mark.parametrize("method", ["lanczos", "bicubic", "bilinear", "box"])
@pytest.mark.parametrize("channels", [2, 4])
def test_the_colour_of_invisible_pixels_leaves_no_fringe(method: str, channels: int) -> None:
    # a white disc; around it black pixels that nobody can see
    across = np.hypot(*np.mgrid[-32:32, -32:32]) < 20
    pixels = np.where(across[..., None], 255, 0).repeat(channels, 2).astype(np.uint8)
    drawn = canvas(16, 16, channels, filter=method, background=255).draw(pixels)
    assert 0 < drawn[-1].min() + drawn[-1].max() <= 255
    assert ((drawn[-1] > 0) & (drawn[-1] < 255)).any()  # its edge is soft ...
    assert drawn[:-1].min() >= 250  # ... and white all the same


def test_invisible_pixels_have_the_colour_of_the_background() -> None:
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[0, 0] = (1, 2, 3, 0)
    pixels[1, 1] = (1, 2, 3, 1)
    drawn = canvas(4, 4, 4, background=(7, 8, 9)).draw(pixels)
    assert drawn[:, 0, 0].tolist() == [7, 8, 9, 0]
    assert drawn[:, 1, 1].tolist() == [1, 2, 3, 1]


def test_what_is_enlarged_is_known() -> None:
    assert canvas(32, 32, 1).enlarges(31, 100)
    assert not canvas(32, 32, 1).enlarges(32, 100)
    assert not canvas(32, 32, 1, "pad").enlarges(31, 100)
    assert canvas(32, 32, 1, "stretch").enlarges(31, 100)
    assert not canvas(32, 32, 1, "keep").enlarges(3, 3)
