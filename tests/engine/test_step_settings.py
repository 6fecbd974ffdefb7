"""What each setting of the recipe does to a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from omnigan.domain import Batch, Domain, Judgement, Judgements
from omnigan.engine.loading import BatchOrder

Points = Callable[..., Domain]
CPU = torch.device("cpu")
PLAIN: dict[str, Any] = {"steps": 10, "batch_size": 16, "penalties": {}, "rate": 0.01}


@pytest.mark.parametrize(("parts", "batch"), [(4, 16), (4, 10), (16, 16), (50, 16)])
def test_accumulation_changes_nothing_but_rounding(
    game: Any, points: Points, parts: int, batch: int
) -> None:
    options: dict[str, Any] = {
        "batch_size": batch, "penalties": {"r1": {"interval": 2}, "r2": {}}, "rate": 1e-3
    }  # fmt: skip
    domain = points(data={"labels": True}, discriminator={"critics": 2})
    whole, split = (game.after(domain, 3, accumulate=count, **options) for count in (1, parts))
    for name in ("generator", "discriminator", "average"):
        for first, second in zip(
            game.weights(getattr(whole, name)), game.weights(getattr(split, name)), strict=True
        ):
            assert torch.allclose(first, second, atol=1e-5, rtol=0)
            assert not torch.equal(first, torch.zeros_like(first)) or first.numel() == 1


def test_a_lazy_penalty_is_as_much_stronger_as_it_is_rarer(game: Any, points: Points) -> None:
    lazy = game.after(points(), 1, penalties={"r1": {"weight": 1.0, "interval": 4}})
    eager = game.after(points(), 1, penalties={"r1": {"weight": 4.0, "interval": 1}})
    weak = game.after(points(), 1, penalties={"r1": {"weight": 1.0, "interval": 1}})
    grads = [game.gradients(players.discriminator) for players in (lazy, eager, weak)]
    assert game.same(grads[0], grads[1])
    assert not game.same(grads[0], grads[2])


def test_a_lazy_penalty_counts_discriminator_updates(game: Any, points: Points) -> None:
    players = game.start(points(), discriminator_steps=2, penalties={"r2": {"interval": 3}})
    data = game.data(players)
    due = ["r2" in players.advance(data) for _ in range(6)]
    # updates 0 1 | 2 3 | 4 5 | 6 7 | 8 9 | 10 11, of which 0, 3, 6 and 9
    assert due == [True, True, False, True, True, False]


@pytest.mark.parametrize("clip", [1e-3, 1e3])
def test_gradients_are_clipped_and_reported_unclipped(
    game: Any, points: Points, clip: float
) -> None:
    players = game.start(points(), clip=clip)
    readings = players.advance(game.data(players))
    other = game.start(points())
    free = other.advance(game.data(other))
    for side, network in (("d", players.discriminator), ("g", players.generator)):
        norm = torch.cat([slope.flatten() for slope in game.gradients(network)]).norm()
        full = float(readings[f"{side}_gradient"])
        assert full == pytest.approx(float(free[f"{side}_gradient"]), rel=1e-3)
        assert float(norm) == pytest.approx(min(full, clip), rel=1e-3)


def test_rates_follow_their_schedules(game: Any, points: Points) -> None:
    players = game.after(
        points(),
        4,
        rate={"start": 0.1, "end": 0.0, "shape": "linear"},
        discriminator_rate=0.3,
        betas=[0.5, {"start": 0.9, "end": 0.99, "shape": "linear"}],
    )
    (generator,) = players.optimizers.generator.param_groups
    (discriminator,) = players.optimizers.discriminator.param_groups
    assert generator["lr"] == pytest.approx(0.07)  # the fourth of ten steps
    assert discriminator["lr"] == 0.3
    assert generator["betas"] == pytest.approx((0.5, 0.927))


def test_auxiliary_terms_count_by_their_weights(game: Any, points: Points) -> None:
    domain = points()
    domain.generator_terms = lambda made, *others: {  # type: ignore[method-assign]
        "size": made.square().mean(), "shift": made.mean()
    }  # fmt: skip
    slopes = {}
    for size, shift in ((0.0, 0.0), (1.0, 0.0), (3.0, 0.0), (1.0, 1.0)):
        players = game.after(domain, 1, terms={"size": size, "shift": shift})
        slopes[size, shift] = torch.cat([g.flatten() for g in game.gradients(players.generator)])
    one, three = slopes[1, 0] - slopes[0, 0], slopes[3, 0] - slopes[0, 0]
    assert torch.allclose(3 * one, three, atol=1e-6)
    assert one.norm() > 1e-3
    unnamed = game.after(domain, 1)
    full = torch.cat([g.flatten() for g in game.gradients(unnamed.generator)])
    assert torch.allclose(full, slopes[1, 1], atol=1e-7)


@pytest.mark.parametrize("loss", ["relativistic", "least-squares"])
@pytest.mark.parametrize("features", [False, True])
def test_generator_losses_see_what_the_discriminator_made_of_both_batches(
    game: Any, points: Points, loss: str, features: bool
) -> None:
    domain, seen = points(), []
    body = domain.discriminator()

    class Judge(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = body

        def forward(self, x: Tensor) -> Judgement:
            return Judgement([self.body(x)], [2 * x] if features else [])

    def terms(made: Tensor, real: Batch, judged: Judgements, progress: float) -> dict[str, Tensor]:
        seen.append((made, real, judged))
        return {}

    domain.discriminator = Judge  # type: ignore[method-assign, assignment]
    domain.generator_terms = terms  # type: ignore[method-assign, assignment]
    game.after(domain, 1, loss=loss)
    ((made, real, judged),) = seen
    assert (judged.real is None) == (loss == "least-squares" and not features)
    if features:
        assert torch.equal(judged.generated.features[0], 2 * made)
        assert torch.equal(judged.real.features[0], 2 * real.x)
        assert judged.generated.features[0].requires_grad
        assert not judged.real.logits[0].requires_grad


def test_conditions_of_the_real_batch_go_to_both_networks(game: Any, points: Points) -> None:
    players = game.start(points(data={"labels": True}))
    given: dict[str, list[Tensor]] = {"generator": [], "discriminator": []}
    for name, seen in given.items():
        getattr(players, name).register_forward_pre_hook(
            lambda module, args, options, seen=seen: seen.append(options["label"]),
            with_kwargs=True,
        )
    order = BatchOrder(players.domain.source("train"), 16, 0)
    real = [order[0], order[1]]
    players.advance(iter(real))
    labels = [batch.cond["label"] for batch in real]
    assert game.same(given["generator"], labels)
    assert game.same(given["discriminator"], [labels[0], labels[0], labels[1], labels[1]])
