"""What is said about sounds that go wrong, and that nothing is said about good ones."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from omnigan_audio.health import health

RATE, LENGTH = 8000, 4096
TIME = torch.arange(LENGTH) / RATE


@pytest.fixture
def good() -> Tensor:
    """Decaying tones in a little noise, of different pitch, decay and level."""
    rng = torch.Generator().manual_seed(0)
    pitch, decay, loudness = torch.rand(3, 16, 1, generator=rng)
    x = torch.sin(2 * torch.pi * 110 * 4**pitch * TIME) * (-TIME / (0.05 + 0.3 * decay)).exp()
    noise = 0.003 * torch.randn(16, LENGTH, generator=rng)
    return ((0.1 + 0.6 * loudness) * x + noise)[:, None]


def test_nothing_is_wrong_with_good_sounds(good: Tensor) -> None:
    assert health(good, RATE, (4, 4, 4, 4)) == []
    assert health(good[:1], RATE, (64,)) == []


def test_silence(good: Tensor) -> None:
    good[:6] *= 1e-4
    (said,) = health(good, RATE)
    assert said.startswith("6 of 16 sounds are silent (below -60 dB).")
    assert "train.rate" in said
    good[:6] = 0.5
    assert health(good, RATE) == [], "the engine speaks of sounds without any change"
    (said,) = health(1e-4 * torch.randn(8, 1, LENGTH), RATE, (4, 4))
    assert said.startswith("8 of 8 sounds are silent")


def test_clipping(good: Tensor) -> None:
    good[2:5] = (20 * good[2:5]).clamp(-1, 1)
    (said,) = health(good, RATE)
    assert said.startswith("3 of 16 sounds are clipped")
    assert "data.loudness" in said


def test_offset(good: Tensor) -> None:
    (said,) = health(good * 0.5 - 0.1, RATE)
    assert "DC offset of 0.10" in said
    assert "discriminator.critics" in said


def test_one_sound_again_and_again(good: Tensor) -> None:
    """Also where waveforms differ and only the ear hears that they are one."""
    hats = 0.2 * torch.randn(1, LENGTH, generator=torch.Generator().manual_seed(0))
    again = torch.cat([sign * good[:1] for sign in (1, -1, 1, -1)])
    for same in (good[:1].expand(8, 1, LENGTH), again, hats.expand(4, 1, LENGTH)):
        (said,) = health(same, RATE)
        assert said.startswith("The sounds are all the same one")
        assert "train.penalties.r2.weight" in said


def test_buzz_names_the_stride(good: Tensor) -> None:
    clicks = torch.zeros(LENGTH)
    clicks[::16] = 0.2
    buzzing = good + clicks - clicks.mean()
    (said,) = health(buzzing, RATE, (4, 4, 4))
    assert said.startswith("The sounds buzz at multiples of 500 Hz")
    assert "makes 16 samples at a time" in said
    assert "discriminator.critics" in said
    (said,) = health(buzzing, RATE, (2, 2, 2, 2, 2, 2, 2))
    assert "makes 16 samples at a time" in said, "whatever other stages there are"
    assert health(buzzing, RATE) == [], "without strides nobody looks"


def test_several_at_once(good: Tensor) -> None:
    good[:8] *= 1e-5
    good[8:] += 0.05
    assert len(health(good, RATE)) == 2
