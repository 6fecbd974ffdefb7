"""One-shots begin just before their attack, and end without a click."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from omnigan_audio.data.cut import attack_place, cut_shot

RATE = 8000
LEAD = 32  # 4 ms


@given(st.integers(0, 5000), st.integers(0, 3000), st.floats(1e-4, 1))
def test_an_attack_is_at_one_place(before: int, after: int, level: float) -> None:
    x = torch.zeros(before + 1 + after)
    x[before] = level
    shot = cut_shot(x, 600, RATE, at_attack=True)
    assert int(shot.x.abs().argmax()) == LEAD
    assert float(shot.x[LEAD]) == pytest.approx(level)
    assert float(shot.x.abs().sum()) == pytest.approx(level)
    assert shot.sounding == min(600, LEAD + 1 + after)


@given(st.integers(0, 2000), st.integers(0, 2**32))
def test_noise_before_the_attack_does_not_move_it(before: int, seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    x = torch.cat([0.01 * torch.randn(before, generator=rng).clamp(-3, 3), torch.ones(100)])
    assert attack_place(x) == before
    shot = cut_shot(x, 300, RATE, at_attack=True)
    assert attack_place(shot.x) == LEAD
    if before > LEAD:  # what is cut off fades in
        assert shot.x[0].abs() < 0.01 * x[before - LEAD].abs() + 1e-9


def test_from_the_first_sample_on() -> None:
    x = torch.cat([torch.zeros(200), torch.linspace(0.5, 1, 300)])
    shot = cut_shot(x, 500, RATE, at_attack=False)
    torch.testing.assert_close(shot.x, x)
    assert shot.sounding == 500
    longer = cut_shot(x, 700, RATE, at_attack=False)
    torch.testing.assert_close(longer.x, torch.cat([x, torch.zeros(200)]))
    assert longer.sounding == 500


def test_a_sound_that_goes_on_dies_away_in_5_ms() -> None:
    shot = cut_shot(torch.ones(5000), 1000, RATE, at_attack=False)
    assert (shot.x[:960] == 1).all()
    assert (shot.x[960:].diff() < 0).all()
    assert 0 < shot.x[-1] < 1e-3
    whole = cut_shot(torch.ones(1000), 1000, RATE, at_attack=False)
    assert (whole.x == 1).all()


def test_levels_count_what_sounds() -> None:
    shot = cut_shot(torch.full((100,), 0.5), 400, RATE, at_attack=False)
    assert shot.peak == 0.5
    assert shot.rms == pytest.approx(0.5)
    silent = cut_shot(torch.zeros(100), 400, RATE, at_attack=True)
    assert (silent.peak, silent.rms) == (0, 0)


def test_a_late_attack_shortens_nothing_but_the_silence() -> None:
    tone = np.sin(np.arange(3000) / 5).astype(np.float32)
    early = cut_shot(torch.from_numpy(np.pad(tone, (100, 0))), 2000, RATE, at_attack=True)
    late = cut_shot(torch.from_numpy(np.pad(tone, (900, 0))), 2000, RATE, at_attack=True)
    torch.testing.assert_close(early.x, late.x)
