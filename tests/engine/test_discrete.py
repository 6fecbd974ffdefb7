"""What is different about symbols: penalties act on embeddings, and distances say nothing."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from omnigan.domain import EmbeddingDiscriminator, Space
from omnigan.engine.health import about_samples

A = torch.tensor([[2.0, 0.3], [0.3, 1.0]])


class Quadratic(nn.Module):
    """The score ``scale * sum of e' A e`` over letters, whose slope is ``2 scale A e``."""

    def __init__(self) -> None:
        super().__init__()
        self.letters = nn.Parameter(torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0], [0.5, 0.5]]))
        self.scale = nn.Parameter(torch.tensor(1.5))

    def embed(self, x: Tensor) -> Tensor:
        return (x if x.dim() == 3 else one_hot(x.long(), 4).float()) @ self.letters

    def judge(self, embedded: Tensor) -> Tensor:
        return self.scale * ((embedded @ A) * embedded).sum((1, 2))

    def forward(self, x: Tensor) -> Tensor:
        return self.judge(self.embed(x))


@pytest.fixture
def players(chain: ModuleType, game: Any) -> Any:
    """Return a game of such a discriminator with every penalty, weighed by nothing."""
    domain = chain.ChainDomain(chain.Config())
    domain.discriminator = Quadratic
    names = ("r1", "r2", "gradient-penalty", "finite-difference-r1")
    return game.start(domain, penalties={name: {"weight": 0.0, "sigma": 1e-3} for name in names})


def test_penalties_on_embeddings_have_their_closed_form(players: Any, game: Any) -> None:
    assert isinstance(players.discriminator, EmbeddingDiscriminator)
    real = next(game.data(players)).x
    letters, scale = players.discriminator.letters.detach().clone(), 1.5
    fakes: list[Tensor] = []
    players.generator.register_forward_hook(lambda module, args, made: fakes.append(made))
    found = players.advance(game.data(players))

    def slopes(embedded: Tensor) -> Tensor:
        return (2 * scale * embedded @ A).square().sum((1, 2))

    at_real, at_fake = one_hot(real.long(), 4).float() @ letters, fakes[0].detach() @ letters
    assert float(found["r1"]) == pytest.approx(float(slopes(at_real).mean() / 2), rel=1e-5)
    assert float(found["r2"]) == pytest.approx(float(slopes(at_fake).mean() / 2), rel=1e-5)
    players.step -= 1
    share = torch.rand((16, 1, 1), generator=players.draws("penalty", 0))
    players.step += 1
    between = share * at_real + (1 - share) * at_fake
    expected = (slopes(between).sqrt() - 1).square().mean()
    assert float(found["gradient-penalty"]) == pytest.approx(float(expected), rel=1e-5)
    # one draw of noise: within three standard deviations of r1
    rough = float(found["finite-difference-r1"]) / float(found["r1"])
    assert 0.1 < rough < 3


def test_a_penalty_on_embeddings_trains_the_judge_and_not_the_embedding(
    chain: ModuleType, game: Any
) -> None:
    domain = chain.ChainDomain(chain.Config())
    domain.discriminator = Quadratic
    slopes = {}
    for weight in (0.0, 2.0):
        players = game.after(domain, 1, penalties={"r1": {"weight": weight}})
        slopes[weight] = [each.clone() for each in game.gradients(players.discriminator)]
    letters, scale = ((b - a) for a, b in zip(slopes[0.0], slopes[2.0], strict=True))
    assert not letters.any()
    real = next(game.data(game.start(domain))).x
    fresh = Quadratic()
    unscaled = (2 * fresh.embed(real) @ A).square().sum((1, 2)).mean().detach()
    # weight / 2 * scale^2 * unscaled, by the scale
    assert float(scale) == pytest.approx(2 * 1.5 * float(unscaled), rel=1e-5)


class Letters:
    """A domain without signs of its own."""

    space = Space((6,), 0, 3, symbols=4)

    @staticmethod
    def health(x: Tensor) -> list[str]:
        return []


def about(samples: Tensor, real: Tensor) -> list[str]:
    return about_samples(Letters, samples, real)  # type: ignore[arg-type]


def test_repeated_symbols_are_told_by_places_that_differ_and_none_is_blank() -> None:
    rng = torch.Generator().manual_seed(0)
    real = torch.randint(4, (8, 6), generator=rng).float()
    assert about(torch.randint(4, (8, 6), generator=rng).float(), real) == []
    # ids far apart are no more different than ids next to each other
    near, far = real.clone(), real.clone()
    near[:] = far[:] = 0
    near[0, 0], far[0, 0] = 1, 3
    assert about(near, real) == about(far, real)
    (repeats,) = about(near, real)
    # 14 of 64 pairs differ at 1 of 6 places; of the real ones all but a share
    differ = float((real[:, None] != real[None]).double().mean())
    assert f"they differ {14 / 64 / 6 / differ:.0%} as much" in repeats
