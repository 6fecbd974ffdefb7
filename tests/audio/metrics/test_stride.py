"""Buzz at the frequencies of strides."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from omnigan_audio.metrics.stride import periods_of, stride_artifacts

LENGTH = 4096


def noise(n: int = 24, seed: int = 0) -> Tensor:
    return 0.1 * torch.randn(n, 1, LENGTH, generator=torch.Generator().manual_seed(seed))


def click_train(period: int, decibels: float) -> Tensor:
    """Return equal power at all multiples of 1 / period, so far above noise(0.1) in the band."""
    clicks = torch.zeros(LENGTH)
    clicks[::period] = 1
    clicks -= clicks.mean()
    return clicks / clicks.std() * 0.1 * 10 ** (decibels / 20)


def test_periods_grow_from_the_last_stage() -> None:
    assert periods_of((4, 8, 2)) == [2, 16, 64]
    assert periods_of((64,)) == [64]
    assert periods_of((1, 4, 1)) == [4]
    assert periods_of(()) == []


def test_noise_has_none() -> None:
    found = stride_artifacts(noise(), [4, 32, 256])
    assert set(found) == {4, 32, 256}
    assert all(-2.5 < value < 1 for value in found.values())


@pytest.mark.parametrize("period", [4, 32, 256])
def test_a_buzz_rises_by_what_is_put_in(period: int) -> None:
    levels = [
        stride_artifacts(noise() + click_train(period, decibels), [period])[period]
        for decibels in (0, 10, 20)
    ]
    assert levels[1] - levels[0] == pytest.approx(10, abs=0.6)
    assert levels[2] - levels[1] == pytest.approx(10, abs=0.2)


def test_the_height_of_a_line_by_hand() -> None:
    """Power in a fraction of the bins stands out by the inverse of that fraction.

    Of period 4 there are three lines (rate / 4 twice, and rate / 2 at half the power), each of them
    in three bins of a Hann window.
    """
    found = stride_artifacts(noise(200) + click_train(4, 0), [4])[4]
    # A line of amplitude a has a^2 N^2 sum(w)^2 / N^2 over three bins; noise s^2 N sum(w^2).
    lines = LENGTH / 3 * 0.25 * (1 + 2 * 0.25) / 0.375 / 3
    assert found == pytest.approx(10 * torch.tensor(1 + lines).log10().item(), abs=0.5)


def test_other_periods_stay_quiet() -> None:
    x = noise() + click_train(48, 10)
    assert stride_artifacts(x, [48])[48] > 15
    assert stride_artifacts(x, [31])[31] < 1


def test_tones_of_a_few_sounds_count_little() -> None:
    """An instrument that happens to play at rate / 8."""
    x = noise(40)
    x[:4] += torch.sin(2 * torch.pi * torch.arange(LENGTH) / 8)
    assert stride_artifacts(x, [8])[8] < 5
    x[:] += torch.sin(2 * torch.pi * torch.arange(LENGTH) / 8)
    assert stride_artifacts(x, [8])[8] > 25


def test_what_cannot_be_measured_is_left_out() -> None:
    assert set(stride_artifacts(noise(), [1, 512, 1024])) == {512}
    assert stride_artifacts(torch.zeros(3, 1, LENGTH), [4]) == {}
    mixed = torch.cat([noise(), torch.zeros(5, 1, LENGTH)])
    assert stride_artifacts(mixed, [16]) == stride_artifacts(noise(), [16])


def test_a_length_that_is_no_multiple() -> None:
    x = (noise() + click_train(48, 10))[..., :4001]
    assert stride_artifacts(x, [48])[48] > 15
