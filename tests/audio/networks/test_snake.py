"""Periodic activations, their filters, and strides."""

from __future__ import annotations

from math import pi, prod

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.autograd import gradcheck

from omnigan.errors import UserError
from omnigan_audio.networks.antialias import AntiAliased, half_band
from omnigan_audio.networks.snake import SnakeBeta, SnakeStack, strides_for


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-10, 10))
def test_snake_is_its_formula(log_a: float, log_b: float, x: float) -> None:
    snake = SnakeBeta(1).double()
    snake.log_a.data.fill_(log_a)
    snake.log_b.data.fill_(log_b)
    a, b = torch.tensor([log_a, log_b], dtype=torch.float64).exp()
    expected = x + torch.sin(a * x) ** 2 / b
    made = snake(torch.full((1, 1, 1), x, dtype=torch.float64))
    torch.testing.assert_close(made.squeeze(), expected)


def test_the_slopes_of_snake_are_right() -> None:
    snake = SnakeBeta(2).double()
    x = torch.randn(1, 2, 3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(snake, x)


@given(st.lists(st.integers(1, 8), max_size=6))
def test_strides_multiply_to_the_hop(parts: list[int]) -> None:
    hop = prod(parts)
    strides = strides_for(hop)
    assert prod(strides) == hop
    assert all(2 <= stride <= 8 for stride in strides)
    assert strides == sorted(strides, reverse=True)


def test_hops_of_vocoders_have_the_usual_strides() -> None:
    assert strides_for(256) == [8, 8, 4]
    assert strides_for(512) == [8, 8, 8]


@pytest.mark.parametrize("hop", [11, 22, 2 * 8 * 13])
def test_a_hop_with_a_large_prime_is_a_mistake(hop: int) -> None:
    with pytest.raises(UserError, match=rf"hop of {hop} samples .* power of two"):
        strides_for(hop)


@pytest.mark.parametrize("strides", [[2], [3, 2], [5], [8, 7]])
def test_the_stack_makes_a_hop_of_samples_for_each_frame(strides: list[int]) -> None:
    stack = SnakeStack(8, strides, noisy=True, code=3, antialias=False)
    noise = torch.randn(1, 1, 6 * prod(strides))
    made = stack(torch.randn(1, 8, 6), noise, torch.randn(1, 3))
    assert made.shape == (1, 1, 6 * prod(strides))


def test_a_frame_is_heard_around_its_own_samples() -> None:
    stack = SnakeStack(8, [4, 4], noisy=False, code=0, antialias=False)
    frames = torch.zeros(1, 8, 81)
    quiet = stack(frames)
    frames[..., 40] = 1
    heard = (stack(frames) - quiet).abs().squeeze().detach()
    centre = float((heard * torch.arange(81 * 16)).sum() / heard.sum())
    assert centre == pytest.approx(40.5 * 16 - 0.5, abs=16)


# ---- filters -----------------------------------------------------------------------------------


def test_the_filter_keeps_the_lower_half() -> None:
    response = torch.fft.rfft(half_band(), 1024).abs()
    assert float(response[0]) == pytest.approx(1, abs=1e-6)
    assert response[:150].min() > 0.9  # of 512; the edge lies at 256
    assert response[380:].max() < 0.02
    assert float(response[256]) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("frames", [1, 2, 7, 64])
def test_constants_pass(frames: int) -> None:
    layer = AntiAliased(nn.Identity())
    x = torch.tensor([[0.5], [-2.0]]).expand(3, 2, frames)
    torch.testing.assert_close(layer(x), x, rtol=1e-2, atol=0)


def test_a_sine_passes_without_a_shift() -> None:
    x = torch.sin(2 * pi * 0.05 * torch.arange(200)).view(1, 1, -1)
    passed = AntiAliased(nn.Identity())(x)
    torch.testing.assert_close(passed[..., 20:-20], x[..., 20:-20], atol=0.02, rtol=0)


def test_what_an_activation_adds_above_half_the_rate_comes_back_weaker() -> None:
    class Square(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.square()

    x = torch.sin(2 * pi * 0.34 * torch.arange(1000)).view(1, 1, -1)
    mirrored = 1 - 0.68  # where the square's 0.68 would be heard
    loudness = []
    for layer in (Square(), AntiAliased(Square())):
        y = layer(x).squeeze()[50:-50]
        spectrum = torch.fft.rfft((y - y.mean()) * torch.hann_window(900)).abs()
        loudness.append(float(spectrum[round(mirrored * 900)]))
    assert loudness[1] < 0.25 * loudness[0]
