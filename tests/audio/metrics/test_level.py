"""Levels and envelopes of waveforms whose values are known."""

from __future__ import annotations

import math

import pytest
import torch

from omnigan_audio.metrics.envelope import attack_time, decay_time
from omnigan_audio.metrics.level import (
    clipped_share,
    dc_offset,
    decibels,
    is_silent,
    peak,
    rms,
)

RATE = 8000
TIME = torch.arange(RATE) / RATE


def sine(hertz: float, amplitude: float = 1.0) -> torch.Tensor:
    return amplitude * torch.sin(2 * torch.pi * hertz * TIME)[None, None]


def test_level_of_a_sine_and_a_square_wave() -> None:
    assert float(rms(sine(100))) == pytest.approx(-3.0103, abs=1e-4)
    assert float(rms(sine(100, 0.1))) == pytest.approx(-23.0103, abs=1e-4)
    square = sine(100).sign() * 0.5
    assert float(peak(square)) == pytest.approx(-6.0206, abs=1e-4)
    assert float(rms(sine(100) + 0.3)) == pytest.approx(-3.0103, abs=1e-4), "nobody hears DC"


def test_decibels_have_an_end() -> None:
    assert decibels(torch.tensor([1.0, 0.1, 0.0])).tolist() == pytest.approx([0, -20, -120])


def test_silence_is_a_level() -> None:
    x = torch.cat([sine(100, 0.0015), sine(100, 0.0013), torch.full((1, 1, RATE), 0.5)])
    assert is_silent(x).tolist() == [False, True, True], "-59.5 dB, -60.7 dB, nothing but DC"


def test_clipped_samples_are_counted() -> None:
    x = torch.zeros(2, 1, 8)
    x[0, 0, :3] = torch.tensor([1.0, -1.0, 0.98])
    assert clipped_share(x).tolist() == [0.25, 0]


def test_offset_of_either_sign() -> None:
    x = torch.cat([sine(100) * 0.5 + 0.1, sine(100) * 0.5 - 0.2])
    assert dc_offset(x).tolist() == pytest.approx([0.1, 0.2], abs=1e-6)


def test_attack_of_a_straight_rise() -> None:
    """From 10 % to 90 % of a rise in 0.2 s are 0.16 s, wherever it begins and however loud."""
    rise = ((TIME - 0.1) / 0.2).clamp(0, 1)
    for loudness in (1.0, 0.01):
        found = attack_time((loudness * rise * sine(1000))[:1], RATE)
        assert float(found) == pytest.approx(0.16, abs=0.002)
    assert float(attack_time(sine(1000), RATE)) < 0.001


def test_decay_by_the_formula() -> None:
    """A sound that falls with exp(-t / 0.1 s) is 40 dB down after 0.1 ln 100 seconds."""
    fading = sine(500) * (-TIME / 0.1).exp()
    assert float(decay_time(fading, RATE)) == pytest.approx(0.1 * math.log(100), abs=0.003)
    assert float(decay_time(sine(500), RATE)) == pytest.approx(1, abs=0.003), "it never ends"


def test_silence_has_no_envelope() -> None:
    x = torch.cat([sine(100), torch.zeros(1, 1, RATE)])
    for measure in (attack_time, decay_time):
        assert measure(x, RATE).isnan().tolist() == [False, True]
