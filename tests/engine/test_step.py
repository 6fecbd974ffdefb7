"""One step: what it computes, in which order, and on what it depends."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from omnigan.domain import Batch, Domain

Points = Callable[..., Domain]
CPU = torch.device("cpu")
PLAIN: dict[str, Any] = {"steps": 10, "batch_size": 16, "penalties": {}, "rate": 0.01}


def _recording(domain: Domain) -> list[dict[str, Tensor]]:
    """Have a domain keep the latents that it draws."""
    drawn: list[dict[str, Tensor]] = []
    draw = domain.latent

    def latent(n: int, rng: torch.Generator) -> dict[str, Tensor]:
        drawn.append(draw(n, rng))
        return drawn[-1]

    domain.latent = latent  # type: ignore[method-assign]
    return drawn


def test_a_loop_written_by_hand_gives_the_same_bits(game: Any, points: Points) -> None:
    domain = points(data={"labels": True})
    latents = _recording(domain)
    options: dict[str, Any] = {
        "penalties": {"r1": {"weight": 0.5, "interval": 2}, "r2": {"weight": 2.0}},
        "rate": {"start": 0.02, "end": 0.0, "shape": "linear"},
        "betas": [0.5, 0.9],
        "ema": {"half_life": 3, "ramp": None},
    }
    players = game.start(domain, loss="relativistic", **options)
    generator, discriminator = (
        copy.deepcopy(net) for net in (players.generator, players.discriminator)
    )
    average = copy.deepcopy(generator)
    data = game.data(players)
    real = [next(data) for _ in range(10)]
    for _ in range(5):
        players.advance(iter(real[2 * players.step :]))

    adams = [
        torch.optim.Adam(network.parameters(), betas=(0.5, 0.9), foreach=True)
        for network in (generator, discriminator)
    ]
    for step in range(5):
        for adam in adams:
            adam.param_groups[0]["lr"] = 0.02 * (1 - step / 10)
        x, label = real[2 * step].x, real[2 * step].cond["label"]
        fake = generator(**latents[2 * step], label=label).detach()
        judged = discriminator(x, label)
        loss = softplus(discriminator(fake, label) - judged).mean()
        for at, weight, due in ((x, 1.0, step % 2 == 0), (fake, 2.0, True)):
            if due:
                at = at.clone().requires_grad_()  # noqa: PLW2901
                score = discriminator(at, label).sum()
                (slope,) = torch.autograd.grad(score, at, create_graph=True)
                loss = loss + weight * (slope.square().sum(1).mean() / 2)
        adams[1].zero_grad()
        loss.backward()
        adams[1].step()
        x, label = real[2 * step + 1].x, real[2 * step + 1].cond["label"]
        fake = generator(**latents[2 * step + 1], label=label)
        outside = (fake.abs() - 1.5).relu().mean()  # the domain's own term
        loss = softplus(discriminator(x, label) - discriminator(fake, label)).mean() + outside
        adams[0].zero_grad()
        loss.backward()
        adams[0].step()
        for old, new in zip(average.parameters(), generator.parameters(), strict=True):
            old.data.lerp_(new.data, 1 - 0.5 ** (1 / 3))

    assert game.same(game.weights(players.generator), game.weights(generator))
    assert game.same(game.weights(players.discriminator), game.weights(discriminator))
    assert game.same(game.weights(players.average), game.weights(average))


def test_the_discriminator_comes_first_then_the_generator_then_the_average(
    game: Any,
    points: Points,
) -> None:
    players = game.start(points(), discriminator_steps=2, ema={"half_life": 1, "ramp": None})
    networks = (players.generator, players.discriminator, players.average)
    states = [("start", [game.weights(network) for network in networks])]

    def note(name: str) -> Callable[..., None]:
        return lambda *_: states.append((name, [game.weights(network) for network in networks]))

    players.optimizers.discriminator.register_step_post_hook(note("discriminator"))
    players.optimizers.generator.register_step_post_hook(note("generator"))
    players.advance(game.data(players))
    note("end")()
    names = [name for name, _ in states]
    assert names == ["start", "discriminator", "discriminator", "generator", "end"]
    moved = [
        [number for number in range(3) if not game.same(before[number], after[number])]
        for (_, before), (_, after) in pairwise(states)
    ]
    assert moved == [[1], [1], [0], [2]]


def test_the_generators_update_leaves_no_gradient_in_the_discriminator(
    game: Any, points: Points
) -> None:
    players = game.start(points())
    noted: list[list[Tensor]] = []
    players.optimizers.discriminator.register_step_post_hook(
        lambda *_: noted.append(game.gradients(players.discriminator))
    )
    players.advance(game.data(players))
    assert game.same(noted[0], game.gradients(players.discriminator))
    assert all(weight.requires_grad for weight in players.discriminator.parameters())


def test_the_generator_does_not_learn_from_a_discriminator_that_became_nan(
    game: Any, points: Points
) -> None:
    players = game.start(points())
    before = game.weights(players.generator)
    bad = Batch(torch.full((16, 2), torch.nan))
    readings = players.advance(iter([bad]))  # there is no batch for the generator
    assert not readings["d_gradient"].isfinite()
    assert not [name for name in readings if name.startswith("g_")]
    assert game.same(game.weights(players.generator), before)
    assert players.step == 1


def test_each_update_has_a_batch_and_latents_of_its_own(game: Any, points: Points) -> None:
    domain = points()
    latents = _recording(domain)
    players = game.start(domain, discriminator_steps=3)
    seen: list[Batch] = []
    players.advance((seen.append(batch), batch)[1] for batch in game.data(players))
    assert len(seen) == players.batches_before(1) == len(latents) == 4
    assert len({float(drawn["z"][0, 0]) for drawn in latents}) == 4
    counts = [
        int(optimizer.state[next(network.parameters())]["step"])
        for network, optimizer in (
            (players.discriminator, players.optimizers.discriminator),
            (players.generator, players.optimizers.generator),
        )
    ]
    assert counts == [3, 1]


# ---- precision and chance ----------------------------------------------------------------------


def test_bf16_is_for_the_games_own_logits_and_not_for_penalties(game: Any, points: Points) -> None:
    domain = points()
    kinds: list[torch.dtype] = []
    made: list[torch.dtype] = []
    domain.augment = lambda x, strength, rng: (made.append(x.dtype), x)[1]  # type: ignore
    players = game.start(domain, precision="bf16", augment=1.0, penalties={"r1": {}, "r2": {}})
    players.discriminator.register_forward_hook(
        lambda module, args, logits: kinds.append(logits.dtype)
    )
    readings = players.advance(game.data(players))
    half, full = torch.bfloat16, torch.float32
    assert kinds == [half, half, full, full, half, half]
    assert set(made) == {full}
    assert all(value.isfinite() for value in readings.values())
    assert {weight.dtype for weight in players.generator.parameters()} == {full}
    exact = game.after(domain, 1, augment=1.0, penalties={"r1": {}, "r2": {}})
    assert not game.same(game.weights(exact.generator), game.weights(players.generator))


def test_weights_are_a_function_of_the_seed_the_batches_and_the_attempt(
    game: Any, points: Points
) -> None:
    domain = points(discriminator={"dropout": 0.3})
    weights = []
    for seed, attempt in ((1, 0), (1, 0), (2, 0), (1, 1)):
        torch.manual_seed(len(weights))
        players = game.start(domain, seed)
        players.attempt = attempt
        data = game.data(players)
        for _ in range(2):
            torch.rand(3)
            players.advance(data)
        weights.append(game.weights(players.generator))
    assert game.same(weights[0], weights[1])
    assert not game.same(weights[0], weights[2])
    assert not game.same(weights[0], weights[3])


def test_augmentation_has_its_scheduled_strength_and_sees_both_kinds(
    game: Any, points: Points
) -> None:
    domain = points()
    seen: list[tuple[float, Tensor, bool]] = []

    def augment(x: Tensor, strength: float, rng: torch.Generator) -> Tensor:
        seen.append((strength, torch.rand(2, generator=rng), x.requires_grad))
        return x * 1.0

    domain.augment = augment  # type: ignore[method-assign]
    ramp = {"start": 0.0, "end": 1.0, "shape": "linear"}
    players = game.start(domain, augment=ramp, loss="hinge")
    data = game.data(players)
    players.advance(data)
    assert seen == []
    players.advance(data)
    assert [strength for strength, *_ in seen] == pytest.approx([0.1] * 3)
    assert [graph for *_, graph in seen] == [False, False, True]
    assert len({tuple(drawn.tolist()) for _, drawn, _ in seen}) == 3


class _Noisy(nn.Module):
    """Drops out a feature that has nothing to do with ``x``."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.drop = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * (x.sum(1) + self.drop(torch.full((len(x),), 100.0)))


def test_a_finite_difference_is_not_of_dropout_or_augmentation(game: Any, points: Points) -> None:
    domain = points()
    domain.discriminator = _Noisy  # type: ignore[method-assign, assignment]
    domain.augment = lambda x, strength, rng: (
        x
        + 100
        * torch.rand(  # type: ignore[method-assign]
            x.shape, generator=rng
        )
    )
    players = game.start(domain, augment=1.0, penalties={"finite-difference-r1": {"sigma": 0.1}})
    reading = players.advance(game.data(players))["finite-difference-r1"]
    assert 0.1 < float(reading) < 4  # r1 is 1; chance between the two calls would give millions
