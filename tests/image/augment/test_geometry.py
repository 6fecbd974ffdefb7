"""Mirroring, turning, shifting, scaling and rotating, against other ways to compute them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from omnigan_image.augment.config import KINDS, Kind, Padding
from omnigan_image.augment.geometry import move, resample


def moved(x: Tensor, *kinds: Kind, padding: Padding = "reflect", seed: int = 0) -> Tensor:
    """Return images that all underwent the given kinds."""
    chances = {kind: float(kind in kinds) for kind in KINDS}
    return move(x, chances, padding, torch.Generator().manual_seed(seed))


def matching(seen: Tensor, possible: list[Tensor]) -> list[int]:
    """Return which of the possible images each one is, bit for bit."""
    return [
        next(place for place, each in enumerate(possible) if torch.equal(each[row], image))
        for row, image in enumerate(seen)
    ]


@pytest.mark.parametrize("shape", [(64, 2, 5, 5), (64, 1, 4, 7)])
def test_a_mirrored_image_is_flipped_or_not(shape: tuple[int, ...]) -> None:
    x = torch.randn(shape)
    kinds = matching(moved(x, "mirror"), [x, x.flip(3)])
    assert 16 < sum(kinds) < 48


@pytest.mark.parametrize("side", [4, 7])
def test_a_turned_image_has_all_four_ways_up(side: int) -> None:
    x = torch.randn(64, 3, side, side)
    ways = [x.rot90(quarters, (2, 3)) for quarters in range(4)]
    assert set(matching(moved(x, "turn"), ways)) == {0, 1, 2, 3}
    assert set(matching(moved(x, "turn", "mirror"), ways + [w.flip(3) for w in ways])) == set(
        range(8)
    )


def test_an_image_that_is_not_square_has_two_ways_up() -> None:
    x = torch.randn(64, 1, 4, 9)
    assert set(matching(moved(x, "turn"), [x, x.flip(2, 3)])) == {0, 1}


@pytest.mark.parametrize(("padding", "mode"), [("reflect", "reflect"), ("zero", "constant")])
@pytest.mark.parametrize("sides", [(16, 24), (4, 17)])
def test_a_shift_is_that_of_a_padded_image(
    padding: Padding, mode: str, sides: tuple[int, int]
) -> None:
    x = torch.randn(400, 1, *sides)
    most = [max(1, round(side / 8)) for side in sides]
    around = [(0, 0), (0, 0), *((m, m) for m in most)]
    padded = torch.from_numpy(np.pad(x.numpy(), around, mode=mode))  # type: ignore[call-overload]
    shifts = [(a, b) for a in range(2 * most[0] + 1) for b in range(2 * most[1] + 1)]
    windows = [padded[:, :, a : a + sides[0], b : b + sides[1]] for a, b in shifts]
    found = matching(moved(x, "translate", padding=padding), windows)
    assert set(found) == set(range(len(shifts)))


def test_bilinear_weights_are_those_of_another_sampler() -> None:
    torch.manual_seed(0)
    x = torch.randn(5, 3, 9, 14, dtype=torch.float64)
    matrix = torch.eye(2) + 0.4 * torch.randn(5, 2, 2)
    offset = 2 * torch.randn(5, 2)
    # grid_sample counts (x, y) from -1 to 1 between the middles of the outermost pixels.
    half = torch.tensor([(9 - 1) / 2, (14 - 1) / 2])
    theta = matrix * half.view(1, 1, 2) / half.view(1, 2, 1)
    theta = torch.cat([theta.flip(1, 2), (offset / half).flip(1).unsqueeze(2)], 2).double()
    grid = affine_grid(theta, list(x.shape), align_corners=True)
    for padding, mode in (("reflect", "reflection"), ("zero", "zeros")):
        expected = grid_sample(x, grid, padding_mode=mode, align_corners=True)
        seen = resample(x, matrix, offset, padding)  # type: ignore[arg-type]
        torch.testing.assert_close(seen, expected, atol=2e-5, rtol=0)


@pytest.mark.parametrize("kinds", [("rotate",), ("scale",), ("rotate", "scale", "translate")])
def test_a_gradient_stays_a_gradient_inside(kinds: tuple[Kind, ...]) -> None:
    """A plane is what bilinear sampling reproduces: its slope turns and scales with the image."""
    side = 33
    rows = torch.arange(side).view(1, 1, side, 1).expand(40, 1, side, side).float()
    seen = moved(rows, *kinds)[:, 0, 12:21, 12:21]
    down, right = seen[:, 1:, :-1] - seen[:, :-1, :-1], seen[:, :-1, 1:] - seen[:, :-1, :-1]
    spread = [slope.flatten(1).std(1).max() for slope in (down, right)]
    assert max(spread) < 1e-3
    length = torch.stack([down, right]).mean((2, 3)).norm(dim=0)
    angle = torch.atan2(right.mean((1, 2)), down.mean((1, 2)))
    if "scale" in kinds:
        assert float(length.log2().std()) == pytest.approx(0.2, abs=0.08)
    else:
        torch.testing.assert_close(length, torch.ones(40), atol=1e-3, rtol=0)
    if "rotate" in kinds:
        assert angle.min() < -math.pi / 2
        assert angle.max() > math.pi / 2
    else:
        assert angle.abs().max() < 1e-3


def test_only_those_that_are_drawn_are_touched() -> None:
    x = torch.randn(64, 1, 8, 8)
    chances = dict.fromkeys(KINDS, 0.0) | {"rotate": 0.3}
    seen = move(x, chances, "reflect", torch.Generator().manual_seed(0))  # type: ignore[arg-type]
    same = (seen == x).flatten(1).all(1)
    assert 0.5 < float(same.float().mean()) < 0.9


def test_constant_images_stay_so() -> None:
    x = torch.full((30, 2, 11, 6), 0.7)
    seen = moved(x, "mirror", "turn", "translate", "scale", "rotate")
    torch.testing.assert_close(seen, x)
