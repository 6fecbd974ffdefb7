"""Fresh transposed convolutions interpolate, and keep the scale that was asked for."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

from omnigan.upsampling import begin_by_interpolating


@pytest.mark.parametrize(
    ("kernel", "stride", "align"), [((4, 4), (2, 2), False), ((3, 3), (2, 2), True)]
)
def test_inside_it_is_bilinear_interpolation(
    kernel: tuple[int, int], stride: tuple[int, int], align: bool
) -> None:
    up = begin_by_interpolating(nn.ConvTranspose2d(1, 1, kernel, stride, 1, bias=False), 1.0)
    x = torch.randn(2, 1, 9, 7)
    made = up(x).detach()
    expected = interpolate(x, made.shape[2:], mode="bilinear", align_corners=align)
    inner = (..., slice(2, -2), slice(2, -2))
    factor = made[inner].sum() / expected[inner].sum()
    torch.testing.assert_close(made[inner], factor * expected[inner], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kernel", [(4, 4), (4, 3), (3, 3), (4, 1)])
def test_its_weights_have_the_deviation_asked_for(kernel: tuple[int, int]) -> None:
    up = begin_by_interpolating(nn.ConvTranspose2d(64, 32, kernel, bias=False), 0.02)
    assert float(up.weight.detach().square().mean().sqrt()) == pytest.approx(0.02, rel=0.05)


def test_it_takes_its_chance_from_the_global_seed_alone() -> None:
    weights = []
    for _ in range(2):
        torch.manual_seed(3)
        up = begin_by_interpolating(nn.ConvTranspose2d(2, 3, 4, bias=False), 1.0)
        weights.append(up.weight.detach().clone())
    assert torch.equal(*weights)
