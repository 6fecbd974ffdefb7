"""Likelihood training, a warm-up and the likelihood term, where all is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from omnigan.checking import check
from omnigan.domain import Domain
from omnigan.engine.step import Adversaries
from omnigan.errors import UserError
from omnigan.recipe.load import load_recipe
from omnigan.recipe.schema import Train

Run = Callable[..., Any]
Lines = Callable[[Path], list[dict[str, Any]]]
WARM = ("train.warmup={steps: 12}",)


def _readings(lines: list[dict[str, Any]], name: str) -> list[float]:
    return [line[name] for line in lines if name in line]


# ---- the loss ----------------------------------------------------------------------------------


def test_likelihood_training_reaches_the_entropy(
    chain: ModuleType, letters: Callable[..., Domain], game: Any
) -> None:
    players = game.start(
        letters(data={"examples": 20_000}),
        objective="likelihood",
        steps=400,
        batch_size=256,
        rate={"start": 0.1, "end": 0.005},
    )
    before = game.weights(players.discriminator)
    game.advance(players, 400)
    assert game.same(before, game.weights(players.discriminator))
    real = chain.words(20_000, 5)
    found = -float(players.average.log_likelihood(real).mean()) / chain.LENGTH
    assert found == pytest.approx(chain.entropy(), abs=0.01)
    assert found > -float(chain.log_probability(real).mean()) / chain.LENGTH, "nothing is better"
    learned = players.average.next.softmax(2).mean(0)
    torch.testing.assert_close(learned, chain.NEXT, atol=0.03, rtol=0)


def test_the_loss_is_in_nats_a_place_and_its_gradient_that_of_counts(
    chain: ModuleType, letters: Callable[..., Domain], game: Any
) -> None:
    domain = letters(generator={"scale": 0})
    players = game.start(domain, objective="likelihood")
    batch = next(game.data(players))
    readings = players.advance(iter([batch]))
    assert readings.keys() == {"likelihood_loss", "g_gradient"}
    assert float(readings["likelihood_loss"]) == pytest.approx(math.log(4))
    # of -mean log softmax of equal logits, by the logits: probability less relative frequency
    counts = torch.bincount(batch.x[:, 0].long(), minlength=4) / 16
    expected = (0.25 - counts) / chain.LENGTH
    torch.testing.assert_close(players.generator.first.grad, expected)


@pytest.mark.parametrize("parts", [3, 16])
def test_accumulation_changes_nothing_but_rounding(
    letters: Callable[..., Domain], game: Any, parts: int
) -> None:
    domain = letters()
    whole, split = (
        game.after(domain, 4, objective="likelihood", accumulate=count) for count in (1, parts)
    )
    for first, second in zip(
        game.weights(whole.generator), game.weights(split.generator), strict=True
    ):
        torch.testing.assert_close(first, second, atol=1e-6, rtol=0)


@pytest.mark.parametrize("settings", [{"objective": "likelihood"}, {"terms": {"likelihood": 0.5}}])
def test_the_reading_is_over_all_tokens_whatever_the_parts(
    letters: Callable[..., Domain],
    game: Any,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
) -> None:
    domain = letters()
    monkeypatch.setattr(domain, "tokens", lambda x: 1 + x[:, 0])
    found = []
    for parts in (1, 3, 16):
        players = game.start(domain, accumulate=parts, **settings)
        batches = [batch for batch, _ in zip(game.data(players), range(2), strict=False)]
        real = batches[0 if "objective" in settings else 1]
        wanted = -players.generator.log_likelihood(real.x).sum() / (1 + real.x[:, 0]).sum()
        readings = players.advance(iter(batches))
        found.append(float(readings["likelihood_loss"]))
        assert found[-1] == pytest.approx(float(wanted.detach()), rel=1e-5)
        assert not [name for name in readings if " " in name], "nothing but names of the journal"


def test_the_term_is_added_by_its_weight_and_only_when_named(
    letters: Callable[..., Domain], game: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = letters()
    slopes = {}
    for weight in (None, 0.5, 1.5):
        terms = {} if weight is None else {"likelihood": weight}
        players = game.start(domain, terms=terms)
        readings = players.advance(game.data(players))
        assert ("likelihood_loss" in readings) == (weight is not None)
        slopes[weight] = torch.cat([g.flatten() for g in game.gradients(players.generator)])
    torch.testing.assert_close(3 * (slopes[0.5] - slopes[None]), slopes[1.5] - slopes[None])
    fresh = game.start(domain)
    real = [batch for batch, _ in zip(game.data(fresh), range(2), strict=False)][1]
    loss = -fresh.generator.log_likelihood(real.x).mean() / 6
    alone = torch.cat(
        [g.flatten() for g in torch.autograd.grad(loss, list(fresh.generator.parameters()))]
    )
    torch.testing.assert_close(slopes[0.5] - slopes[None], 0.5 * alone, atol=1e-7, rtol=1e-4)
    monkeypatch.setattr(domain, "log_likelihood", lambda *args: pytest.fail("not asked for"))
    game.after(domain, 1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("train.objective", "likelihood"),
        ("train.warmup", "{steps: 3}"),
        ("train.terms.likelihood", "0.1"),
    ],
)
def test_without_a_density_nothing_is_trained(
    train: Run, tmp_path: Path, key: str, value: str
) -> None:
    complaint = rf"{key}.*: the generator .* no density.* Leave it out, or choose another"
    with pytest.raises(UserError, match=complaint):
        train(f"{key}={value}", "generator.density=false")
    assert not list((tmp_path / "run").glob("samples"))
    recipe = {"domain": "chain", "generator": {"density": False}}
    with pytest.raises(UserError, match="has no density"):
        check(load_recipe(recipe, [f"{key}={value}"]), tmp_path / "check")


# ---- the course of a run -----------------------------------------------------------------------


def test_a_warmup_leaves_the_discriminator_alone_and_schedules_begin_after_it(
    letters: Callable[..., Domain], game: Any
) -> None:
    players = game.start(
        letters(generator={"heat": 4.0}),
        warmup={"steps": 4, "rate": {"start": 0.4, "end": 0.0, "shape": "linear"}},
        rate={"start": 0.2, "end": 0.0, "shape": "linear"},
    )
    data = game.data(players)
    fresh = game.weights(players.discriminator)
    rates, heats = [], []
    for step in range(10):
        if step == 4:
            players.end_likelihood()
        drawn = players.batches_before(step + 1) - players.batches_before(step)
        assert drawn == (1 if step < 4 else 2)
        readings = players.advance(data)
        rates.append(players.optimizers.generator.param_groups[0]["lr"])
        heats.append(float(readings["heat"]) if "heat" in readings else None)
        assert ("d_loss" in readings) == (step >= 4)
        assert game.same(fresh, game.weights(players.discriminator)) == (step < 4)
    assert rates == pytest.approx([0.4, 0.3, 0.2, 0.1, *(0.2 * (1 - i / 6) for i in range(6))])
    assert heats[:4] == [None] * 4
    assert heats[4:] == pytest.approx([4 ** (1 - i / 6) for i in range(6)])
    assert players.batches_before(10) == 4 + 6 * 2
    assert players.finished


def test_without_a_rate_of_its_own_a_warmup_has_the_generators_first(
    letters: Callable[..., Domain], game: Any
) -> None:
    ramp = {"start": 0.2, "end": 0.0}
    players = game.after(letters(), 3, warmup={"steps": 4}, generator_rate=ramp)
    assert players.optimizers.generator.param_groups[0]["lr"] == 0.2


def test_adversarial_steps_begin_with_the_moving_average_and_fresh_moments(
    letters: Callable[..., Domain], game: Any
) -> None:
    players = game.after(letters(), 4, warmup={"steps": 4}, ema={"half_life": 5, "ramp": None})
    average = game.weights(players.average)
    assert not game.same(average, game.weights(players.generator))
    players.end_likelihood()
    assert game.same(average, game.weights(players.generator))
    assert game.same(average, game.weights(players.average))
    assert not players.optimizers.generator.state
    assert (players.ended, players.progress) == (4, 0.0)


def test_a_warmup_must_leave_steps(train: Run) -> None:
    with pytest.raises(UserError, match=r"warmup\.steps must be fewer than steps"):
        train("train.warmup={steps: 240 examples}")
    train("train.warmup={steps: 240 examples}", "train.objective=likelihood", "train.steps=2")


# ---- readings ----------------------------------------------------------------------------------


def test_controls_are_logged_by_name(train: Run, lines: Lines, tmp_path: Path) -> None:
    train("generator.heat=4", "log.every=10")
    heats = _readings(lines(tmp_path / "run"), "heat")
    expected = [sum(4 ** (1 - i / 30) for i in range(k, k + 10)) / 10 for k in (0, 10, 20)]
    assert heats == pytest.approx(expected, rel=1e-6)


def test_a_likelihood_run_is_evaluated_like_any(train: Run, lines: Lines, tmp_path: Path) -> None:
    train("train.objective=likelihood", "log.evaluate_every=15", "log.evaluate_samples=64")
    rows = [line["evaluation"]["rows"] for line in lines(tmp_path / "run") if "evaluation" in line]
    names = {(row["metric"], row["part"]) for row in rows[-1]}
    assert ("held-out likelihood", "of real") in names
    assert (tmp_path / "run" / "best").is_dir()


def test_the_rehearsal_of_a_warmup_is_of_the_steps_after_it(
    chain: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Tensor] = []
    play = Adversaries._play

    def playing(self: Adversaries, data: Any) -> dict[str, Tensor]:
        seen.append(torch.zeros(()))
        return play(self, data)

    monkeypatch.setattr(Adversaries, "_play", playing)
    recipe = {"domain": "chain", "train": {"steps": 50, "device": "cpu", "threads": 1}}
    check(load_recipe(recipe, ["train.warmup.steps=40"]), tmp_path)
    assert seen
    seen.clear()
    check(load_recipe(recipe, ["train.objective=likelihood"]), tmp_path)
    assert not seen


def test_the_recipe_says_how_many_likelihood_steps_there_are() -> None:
    assert Train().likelihood_steps() == 0
    warm = {"warmup": {"steps": "640 examples"}, "batch_size": 64}
    assert Train.model_validate(warm).likelihood_steps() == 10
    assert Train.model_validate({**warm, "objective": "likelihood"}).likelihood_steps() == 3000
