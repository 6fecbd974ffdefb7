"""What is said about the sizes of images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL
import pytest

from omnigan_image.data import load_images

Make = Callable[..., Any]


@pytest.fixture
def report(folder: Make, encode: Make, scene: Make, config: Make) -> Make:
    """Return a function that gives the report on images of some heights and widths."""

    def load(sizes: list[tuple[int, int]]) -> Any:
        files = {f"{n}.png": encode(scene(n, *size)) for n, size in enumerate(sizes)}
        return load_images(config(folder(files)))[1].report()

    return load


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([(24, 24)] * 4, "Each is 24x24 (height x width), RGB, as it comes."),
        ([(300, 200)] * 4, "Each is 256x171 (height x width), RGB, made from 300x200: "),
        # No image is of 20x20, nor of 90x90.
        ([(20, 90), (90, 20)] * 2, "made from heights between 20 and 90 and widths between 20 and"),
        ([(24, 30), (24, 40)] * 2, "made from heights of 24 and widths between 30 and 40: "),
    ],
)
def test_sizes_are_told_by_heights_and_widths(
    report: Make, sizes: list[tuple[int, int]], said: str
) -> None:
    found = report(sizes)
    assert said in found["summary"][1]
    for name, sides in zip(("heights", "widths"), zip(*sizes, strict=True), strict=True):
        assert (found[name]["smallest"], found[name]["largest"]) == (min(sides), max(sides))


def test_a_median_is_that_of_one_side(report: Make) -> None:
    found = report([(20, 60), (40, 50), (30, 40)])
    assert (found["heights"]["median"], found["widths"]["median"]) == (30, 50)


@pytest.mark.parametrize(
    ("settings", "how"),
    [
        ({}, "24x24 (height x width), RGB, not resized, background 255, "),
        (
            {"size": 16, "filter": "box", "background": [0, 9, 255]},
            "16x16 (height x width), RGB, the shorter side resized, the longer one cut with box "
            "and antialiasing, background 0/9/255, ",
        ),
        (
            {"size": 16, "fit": "stretch", "filter": "nearest", "mirror": True},
            "both sides resized with nearest, mirrored at random, background 255, ",
        ),
        ({"size": 16, "fit": "keep"}, "cut or padded, not resized, background 255, "),
    ],
)
def test_scores_can_say_how_files_became_examples(
    photos: Path, config: Make, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], how: str
) -> None:
    said = load_images(config(photos, **settings))[1].report()["preprocessing"]
    assert how in said
    assert said.endswith(f"Pillow {PIL.__version__}")
    monkeypatch.setattr("PIL.__version__", "0.1")  # what is kept was made by the one before
    assert load_images(config(photos, **settings))[1].report()["preprocessing"] == said
