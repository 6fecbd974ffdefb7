"""The network that learns classes of sounds."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from omnigan_audio.recogniser import Recogniser

RATE, LENGTH = 8000, 2048


def sounds(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return low tones, high tones and noise, each of random pitch, level and decay."""
    rng = torch.Generator().manual_seed(seed)
    kind = torch.arange(n) % 3
    pitch, loudness, decay = torch.rand(3, n, 1, generator=rng)
    hertz = torch.where(kind[:, None] == 0, 150, 500) * 2**pitch
    time = torch.arange(LENGTH) / RATE
    x = torch.sin(2 * torch.pi * hertz * time)
    x = torch.where(kind[:, None] == 2, torch.randn(n, LENGTH, generator=rng) / 3, x)
    return ((0.05 + 0.5 * loudness) * x * (-time / (0.02 + 0.1 * decay)).exp())[:, None], kind


def test_it_learns_within_seconds() -> None:
    x, kind = sounds(240, 0)
    network = Recogniser(RATE)
    model = nn.Sequential(network, nn.Linear(64, 3))
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    rng = torch.Generator().manual_seed(0)
    for _ in range(60):
        some = torch.randint(len(x), (32,), generator=rng)
        optimizer.zero_grad()
        cross_entropy(model(x[some]), kind[some]).backward()
        optimizer.step()
    unseen, wanted = sounds(120, 1)
    assert float((model(unseen).argmax(1) == wanted).double().mean()) > 0.95


def test_features_of_a_sound_are_its_own() -> None:
    x, _ = sounds(9, 0)
    for rate in (4000, 8000, 44_100):
        network = Recogniser(rate)
        features = network(x)
        assert features.shape == (9, 64)
        torch.testing.assert_close(network(x[3:5]), features[3:5], rtol=1e-4, atol=1e-5)


def test_silence_has_finite_features() -> None:
    assert bool(Recogniser(RATE)(torch.full((2, 1, 100), -1.0)).isfinite().all())
