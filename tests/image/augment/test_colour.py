"""Colours against other ways to compute them, and holes."""

from __future__ import annotations

import colorsys
import math

import pytest
import torch
from torch import Tensor

from omnigan_image.augment.colour import change_colours, recolour
from omnigan_image.augment.config import KINDS
from omnigan_image.augment.cutout import cut_out


def recoloured(
    x: Tensor, shift: float = 0, factor: float = 1, vividness: float = 1, angle: float = 0
) -> Tensor:
    return recolour(x, torch.tensor([[shift, factor, vividness, angle]]).expand(len(x), 4))


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_brightness_and_contrast_are_a_shift_and_a_factor() -> None:
    x = torch.rand(2, 3, 4, 4) * 2 - 1
    torch.testing.assert_close(recoloured(x, shift=0.25, factor=1.5), 1.5 * (x + 0.25))
    grey = x[:, :1]
    torch.testing.assert_close(recoloured(grey, 0.25, 1.5, 3.0, 2.0), 1.5 * (grey + 0.25))


def test_saturation_scales_the_distance_to_grey() -> None:
    x = torch.rand(2, 3, 4, 4)
    grey = x.mean(1, keepdim=True)
    seen = recoloured(x, vividness=0.3)
    torch.testing.assert_close(seen - grey, 0.3 * (x - grey))
    torch.testing.assert_close(recoloured(x, vividness=0.0), grey.expand_as(x))


def test_a_third_of_the_colour_wheel_turns_red_into_green() -> None:
    x = torch.rand(2, 3, 4, 4)
    seen = recoloured(x, angle=2 * math.pi / 3)
    torch.testing.assert_close(seen, x.roll(1, 1))


@pytest.mark.parametrize("degrees", [20, 60, 200])
def test_a_pure_colours_hue_moves_by_the_angle(degrees: float) -> None:
    red = torch.tensor([0.6, 0.4, 0.4]).view(1, 3, 1, 1)
    seen = recoloured(red, angle=math.radians(degrees)).flatten().tolist()
    hue = colorsys.rgb_to_hsv(*seen)[0] * 360
    assert hue == pytest.approx(degrees, abs=2)  # the hexagon of HSV is nearly a circle


def test_hue_and_saturation_keep_the_brightness() -> None:
    x = torch.randn(4, 3, 5, 5)
    seen = recoloured(x, vividness=1.7, angle=1.0)
    torch.testing.assert_close(seen.mean(1), x.mean(1))
    lengths = [(y - y.mean(1, keepdim=True)).norm(dim=1) for y in (x, seen)]
    torch.testing.assert_close(lengths[1], 1.7 * lengths[0])


def test_draws_have_the_published_spread() -> None:
    n = 4000
    chances = {kind: float(kind in ("brightness", "contrast")) for kind in KINDS}
    black, white = torch.zeros(n, 1, 1, 1), torch.ones(n, 1, 1, 1)
    low, high = (change_colours(x, chances, rng()).flatten() for x in (black, white))
    factor = high - low
    assert float(factor.log2().mean()) == pytest.approx(0, abs=0.03)
    assert float(factor.log2().std()) == pytest.approx(0.5, rel=0.05)
    assert float((low / factor).std()) == pytest.approx(0.2, rel=0.05)


class TestCutout:
    def test_hides_a_rectangle_of_half_the_sides(self) -> None:
        x = torch.ones(500, 2, 12, 20)
        seen = cut_out(x, 1.0, rng())
        assert torch.equal(seen[:, 0], seen[:, 1])
        hidden = seen[:, 0] == 0
        rows, columns = hidden.any(2), hidden.any(1)
        assert torch.equal(hidden, rows.unsqueeze(2) & columns.unsqueeze(1))
        assert (int(rows.sum(1).max()), int(columns.sum(1).max())) == (6, 10)
        assert int(rows.sum(1).min()) <= 3
        assert (seen[~hidden.unsqueeze(1).expand_as(seen)] == 1).all()

    def test_every_place_is_hidden_now_and_then_and_the_middle_most(self) -> None:
        share = (cut_out(torch.ones(3000, 1, 8, 8), 1.0, rng())[:, 0] == 0).float().mean(0)
        assert share.min() > 0.03
        assert share[3:5, 3:5].min() == pytest.approx(0.25, abs=0.04)
        torch.testing.assert_close(share, share.flip(0, 1), atol=0.05, rtol=0)
