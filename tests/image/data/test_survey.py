"""Size and channels that are left to the data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from omnigan.errors import UserError
from omnigan_image.data.collection import Collection
from omnigan_image.data.survey import settle
from omnigan_image.data_config import ImageData

Make = Callable[..., Any]


def settled(*contents: Any, **settings: Any) -> tuple[Any, Any]:
    names = [str(n) for n in range(len(contents))]
    data = settle(ImageData(**settings), Collection(names, lambda n: contents[n]))
    return data.size, data.channels


def plain(height: int, width: int, channels: int = 3) -> Any:
    return np.full((height, width, channels), 100, np.uint8)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((28, 28), (28, 28)),
        ((17, 96), (17, 96)),
        ((256, 256), (256, 256)),
        ((300, 300), (256, 256)),
        ((1024, 1024), (256, 256)),
        ((756, 1008), (192, 256)),
        ((4001, 3000), (256, 192)),
        ((9, 3000), (4, 256)),
        ((3, 9), (4, 9)),
    ],
)
def test_one_size(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert settled(plain(*size), plain(*size))[0] == wanted


@pytest.mark.parametrize(
    ("sides", "wanted"),
    [((40, 50, 60), 48), ((64, 65, 200), 64), ((30, 31, 9), 24), ((3000, 4000), 256), ((5, 6), 16)],
)
def test_mixed_sizes_give_a_square(sides: tuple[int, ...], wanted: int) -> None:
    images = [plain(side, side + 10 * n) for n, side in enumerate(sides)]
    assert settled(*images)[0] == (wanted, wanted)


def test_what_is_given_stays() -> None:
    assert settled(plain(9, 9), size=20, channels=1) == ((20, 20), 1)
    assert settled(plain(9, 9), size=(20, 30)) == ((20, 30), 3)
    assert settled(plain(600, 600), size=512) == ((512, 512), 3)
    assert settled(plain(9, 9), channels=4) == ((9, 9), 4)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_channels_of_arrays(channels: int) -> None:
    see_through = plain(9, 9, channels)
    assert settled(see_through)[1] == channels


def test_alpha_that_nothing_uses_is_left_out(encode: Make) -> None:
    opaque = plain(9, 9, 4)
    opaque[..., 3] = 255
    assert settled(opaque)[1] == 3
    assert settled(encode(opaque))[1] == 3
    assert settled(encode(opaque), encode(plain(9, 9, 4)))[1] == 4
    assert settled(encode(opaque[..., 2:]))[1] == 1


def test_a_few_images_in_colour_make_a_coloured_set(encode: Make) -> None:
    grey, colour, clear = (encode(plain(9, 9, n)) for n in (1, 3, 2))
    assert settled(*[grey] * 19, colour)[1] == 3
    assert settled(*[grey] * 20, colour)[1] == 1
    assert settled(grey, clear)[1] == 1
    assert settled(grey, clear, clear)[1] == 2


def test_a_palette_of_greys_is_grey(encode: Make) -> None:
    levels = Image.fromarray(plain(9, 9, 1)[..., 0]).convert("P")
    assert settled(encode(np.asarray(levels)[..., None]))[1] == 1
    import io

    buffer = io.BytesIO()
    levels.putpalette([n // 3 for n in range(768)])
    levels.save(buffer, "PNG")
    assert settled(buffer.getvalue())[1] == 1
    levels.putpalette([n % 256 for n in range(768)])
    buffer = io.BytesIO()
    levels.save(buffer, "PNG")
    assert settled(buffer.getvalue())[1] == 3


def test_turned_images_count_as_they_are_seen(encode: Make) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert settled(encode(plain(20, 30), exif=exif))[0] == (30, 20)


def test_broken_images_do_not_decide(encode: Make, tmp_path: Path) -> None:
    assert settled(b"broken", encode(plain(9, 12)), tmp_path / "missing.png")[0] == (9, 12)
    with pytest.raises(UserError, match=r"no image can be read \(0: it is empty\)"):
        settled(b"", b"broken")
