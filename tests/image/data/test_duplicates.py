"""Copies are found, and images that only resemble each other are not taken for copies."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from omnigan_image.data.duplicates import alike, thumbnail

Make = Callable[..., Any]


def near(images: list[Any]) -> list[int]:
    """Return the groups of images [H, W, C]."""
    groups = alike([thumbnail(image.transpose(2, 0, 1)) for image in images], most=1000)
    assert groups is not None
    return list(groups)


def test_a_thumbnail_is_the_mean_of_blocks() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 64)).astype(np.uint8)
    means = pixels.reshape(2, 16, 2, 16, 4).mean((2, 4)).ravel()
    assert np.abs(thumbnail(pixels) - means).max() <= 1


def test_other_images_are_no_copies(scene: Make) -> None:
    assert near([scene(n) for n in range(200)]) == list(range(200))


def test_compressed_resized_and_darker_copies_are_found(scene: Make) -> None:
    image = scene(0, 64, 64)
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=60)
    compressed = np.asarray(Image.open(buffer))
    resized = np.asarray(Image.fromarray(image).resize((50, 50), 1).resize((64, 64), 1))
    darker = (image * 0.98).astype(np.uint8)
    assert near([scene(1), image, compressed, scene(2), resized, darker]) == [0, 1, 1, 3, 1, 1]


def test_mirrored_moved_or_recoloured_images_are_no_copies(scene: Make) -> None:
    image = scene(0, 64, 64)
    others = [image[:, ::-1], np.roll(image, 4, 1), image[..., ::-1], 255 - image, image // 4]
    assert near([image, *others]) == list(range(6))


def test_only_what_is_drawn_on_a_common_ground_counts() -> None:
    grounds = []
    for level in range(20):  # plain images of other brightness, with the same tiny dot
        image = np.full((32, 32, 1), 10 * level, np.uint8)
        image[3:5, 3:5] += 20
        grounds.append(image)
    assert near(grounds) == list(range(20))


def test_frames_of_a_standing_picture_are_too_many_to_be_copies(scene: Make) -> None:
    rng = np.random.default_rng(0)
    still = thumbnail(scene(0).transpose(2, 0, 1)).astype(int)
    frames = np.clip(still + rng.integers(-1, 2, (3000, len(still))), 0, 255).astype(np.uint8)
    assert alike(list(frames), most=300) is None
    groups = alike(list(frames[:200]), most=300)
    assert groups is not None
    assert (groups == 0).all()


def test_nothing_to_compare(scene: Make) -> None:
    assert near([]) == []
    assert near([scene(0)]) == [0]
    assert near([np.zeros((8, 8, 1), np.uint8)] * 3) == [0, 1, 2]  # flat: equal() finds these
