"""Stages of images of any size, and steps that fit them in both directions."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from omnigan.errors import UserError
from omnigan_image.networks.sizes import Step, stage_sizes, steps_up

SIDES = st.integers(4, 300)


@pytest.mark.parametrize(
    ("image", "sizes"),
    [
        ((32, 32), [(4, 4), (8, 8), (16, 16), (32, 32)]),
        ((28, 28), [(4, 4), (7, 7), (14, 14), (28, 28)]),
        ((17, 96), [(5, 6), (5, 12), (5, 24), (9, 48), (17, 96)]),
        ((5, 7), [(5, 4), (5, 7)]),
        ((4, 4), [(4, 4)]),
    ],
)
def test_sides_are_halved_while_they_stay_four(
    image: tuple[int, int], sizes: list[tuple[int, int]]
) -> None:
    assert stage_sizes(*image) == sizes


@given(SIDES, SIDES)
def test_steps_lead_from_few_pixels_to_the_image(height: int, width: int) -> None:
    steps = steps_up(height, width)
    assert steps[-1].fine == (height, width)
    assert all(4 <= side <= 6 for side in steps[0].coarse)
    assert all(a.fine == b.coarse for a, b in pairwise(steps))


@given(st.integers(4, 40), st.integers(4, 40))
def test_convolutions_fit_exactly_in_both_directions(height: int, width: int) -> None:
    for step in steps_up(height, width):
        up = nn.ConvTranspose2d(1, 1, step.kernel, step.stride, 1)
        down = nn.Conv2d(1, 1, step.kernel, step.stride, 1)
        assert up(torch.zeros(1, 1, *step.coarse)).shape[2:] == step.fine
        assert down(torch.zeros(1, 1, *step.fine)).shape[2:] == step.coarse


def test_a_side_that_stays_is_not_strided() -> None:
    step = Step((5, 6), (5, 12))
    assert (step.stride, step.kernel) == ((1, 2), (3, 4))


@pytest.mark.parametrize("image", [(3, 8), (8, 1), (0, 0)])
def test_images_that_are_too_small_are_a_mistake(image: tuple[int, int]) -> None:
    with pytest.raises(UserError, match="at least 4"):
        stage_sizes(*image)
