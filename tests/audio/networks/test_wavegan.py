"""WaveGAN against what is published about it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from omnigan_audio.networks import build_discriminator, build_generator
from omnigan_audio.networks.conditions import Given
from omnigan_audio.networks.config import Discriminator, Generator
from omnigan_audio.networks.wavegan import PhaseShuffle, WaveganCritic, WaveganGenerator


def test_weights_are_as_many_as_published() -> None:
    with torch.device("meta"):
        generator = build_generator(
            (1, 16_384), 16_000, Generator(body="wavegan", width=64, z=100), 0, False
        )
        critic = build_discriminator(
            (1, 16_384),
            16_000,
            Discriminator(critics=("wavegan",), widths={"wavegan": 64}),
            0,
            False,
        )
    counts = [sum(w.numel() for w in n.parameters()) for n in (generator, critic)]
    # Donahue et al. 2019, tables 3 and 4: a dense layer and five convolutions of kernel 25 each.
    up = 100 * 16_384 + 16_384 + 25 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 64 + 64)
    down = 16_384 + 1 + 25 * (64 + 64 * 128 + 128 * 256 + 256 * 512 + 512 * 1024)
    assert counts == [up + 512 + 256 + 128 + 64 + 1, down + 64 + 128 + 256 + 512 + 1024]
    assert [round(count / 1e6, 2) for count in counts] == [19.07, 17.43]


@given(st.integers(16, 40_000))
@settings(max_examples=30)
def test_the_coarsest_frames_are_those_of_the_critic(length: int) -> None:
    with torch.device("meta"):
        generator = WaveganGenerator(length, 1, 2, Given())
        critic = WaveganCritic(length, 1, 2, Given()).eval()
        features, logits = critic.features_and_logits(torch.empty(1, 1, length))
    assert features[-1].shape[1:] == generator.coarsest
    assert logits.shape == (1,)
    assert generator.coarsest[1] <= 64


@pytest.mark.parametrize("shift", [-3, -1, 0, 2, 3])
def test_phase_shuffle_moves_and_reflects(monkeypatch: pytest.MonkeyPatch, shift: int) -> None:
    monkeypatch.setattr(torch, "randint", lambda low, high, size: torch.tensor(shift))
    x = torch.arange(8.0).expand(2, 3, 8)
    moved = PhaseShuffle(3)(x)
    expected = [abs(place - shift) for place in range(8)]
    expected = [place if place < 8 else 14 - place for place in expected]
    assert moved.tolist() == [[expected] * 3] * 2


def test_phase_shuffle_draws_every_shift_from_the_global_generator() -> None:
    shuffle = PhaseShuffle(2)
    x = torch.arange(16.0).view(1, 1, 16)
    shifts = {int(8 - shuffle(x)[0, 0, 8]) for _ in range(200)}
    assert shifts == {-2, -1, 0, 1, 2}
    torch.manual_seed(3)
    first = [shuffle(x) for _ in range(5)]
    torch.manual_seed(3)
    assert all(torch.equal(shuffle(x), moved) for moved in first)
    assert torch.equal(shuffle.eval()(x), x)


def test_phase_shuffle_lies_behind_every_layer_but_the_last() -> None:
    critic = WaveganCritic(16_384, 1, 2, Given())
    places = [
        any(isinstance(part, PhaseShuffle) for part in layer.modules()) for layer in critic.layers
    ]
    assert places == [True] * 4 + [False]
