"""Likelihood training, a warm-up, early stopping and the likelihood term, where all is known."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from omnigan import api
from omnigan.checking import check
from omnigan.domain import Domain
from omnigan.engine import checkpoint
from omnigan.engine.reporter import Quiet
from omnigan.engine.step import Adversaries
from omnigan.engine.stopping import LikelihoodWatch
from omnigan.engine.trainer import Trainer
from omnigan.errors import UserError
from omnigan.evaluation.real import read
from omnigan.recipe.load import load_recipe
from omnigan.recipe.schema import Stopping, Train

Run = Callable[..., "Heard"]
Lines = Callable[[Path], list[dict[str, Any]]]
WARM = ("train.warmup={steps: 12}",)
STOPPED = ("train.stopping={every: 3, patience: 2}", "data.examples=16", "train.rate=0.3")
"""So few examples, learned so fast, that held-out ones soon get less likely."""


class Heard(Quiet):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def train(chain: ModuleType, tmp_path: Path) -> Run:
    """Return a function that trains 30 steps in ``tmp_path/run`` unless told otherwise."""
    recipe = {
        "domain": "chain",
        "data": {"examples": 200, "held_out": 100},
        "discriminator": {"dropout": 0.2},
        "train": {"steps": 30, "batch_size": 8, "device": "cpu", "threads": 1, "rate": 0.05},
        "log": {"every": 5, "checkpoint_every": 10, "samples_every": 10},
    }

    def run(*overrides: str, **options: Any) -> Heard:
        heard = Heard()
        given = {"out": tmp_path / "run", "reporter": heard, **options}
        api.train(recipe, overrides, **given)
        return heard

    return run


@pytest.fixture
def letters(chain: ModuleType) -> Callable[..., Domain]:
    """Return a function that makes the domain; options override its sections."""
    return lambda **sections: chain.ChainDomain(chain.Config.model_validate(sections))


def _bytes(folder: Path) -> dict[str, bytes]:
    last = checkpoint.find(folder / "checkpoints")[0]
    files = [*last.folder.iterdir(), folder / "metrics.jsonl", *folder.glob("samples/*/*")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


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
    with pytest.raises(UserError, match=rf"{key}.*: The generator .* has no density \(ChainDomain"):
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
        assert players.batches_per_step == (1 if step < 4 else 2)
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


# ---- early stopping ----------------------------------------------------------------------------


def test_the_watch_counts_looks_and_keeps_the_best(
    letters: Callable[..., Domain], game: Any, chain: ModuleType
) -> None:
    domain = letters(data={"held_out": 50})
    players = game.start(domain, objective="likelihood", steps=400)
    train = players.train
    watch = LikelihoodWatch(domain, train, Stopping(patience=2), 0)
    assert watch.every == 20
    held_out = read(domain, "valid", 1000, 0).batch.x
    seen = []
    for step, size in ((20, 0.3), (40, 0.0), (60, 3.0), (80, 0.1), (100, 9.0)):
        players.step = step
        with torch.no_grad():
            players.average.first.copy_(size * torch.tensor([-1.0, -1.0, 1.0, 1.0]))
            players.average.next.zero_()
        (value,) = watch.look(players).values()
        exact = players.average.log_likelihood(held_out).mean() / chain.LENGTH
        assert value == pytest.approx(float(exact), rel=1e-6)
        seen.append((watch.step, watch.since, watch.exhausted))
    # zeros are best: these letters are rarer than the others
    assert seen == [
        (20, 0, False), (40, 0, False), (40, 1, False), (40, 2, True), (40, 3, True)
    ]  # fmt: skip
    assert not players.kept["first"].any()
    other = LikelihoodWatch(domain, train, Stopping(patience=2), 0)
    other.restore(watch.state())
    assert other.state() == watch.state() == {"best": watch.best, "step": 40, "since": 3}


def test_a_likelihood_run_ends_with_the_best_weights(
    train: Run, lines: Lines, tmp_path: Path
) -> None:
    heard = train("train.objective=likelihood", *STOPPED, "train.steps=300", "log.every=3")
    found = lines(tmp_path / "run")
    looked = {line["step"]: line["held_out_likelihood"] for line in found}
    last = max(looked)
    best = max(looked, key=lambda step: looked[step])
    assert last == best + 2 * 3 < 300
    (said,) = (text for text in heard.said if "ends" in text)
    assert said.startswith(
        f"Likelihood training ends at step {last} with the weights of step {best}"
    )
    trained = api.load(tmp_path / "run")
    assert trained.step == last
    held_out = read(trained.domain, "valid", 1000, 0).batch
    density = trained.density(held_out)
    assert float(density(held_out).mean()) / 6 == pytest.approx(looked[best], rel=1e-6)
    before = _bytes(tmp_path / "run")
    train("train.objective=likelihood", *STOPPED, "train.steps=300", "log.every=3", resume=True)
    assert _bytes(tmp_path / "run") == before
    assert (tmp_path / "run" / "samples" / f"step-{last:08d}").is_dir()


def test_a_warmup_ends_early_and_the_run_goes_on_from_the_best(
    train: Run, lines: Lines, tmp_path: Path
) -> None:
    options = ("train.warmup={steps: 200}", *STOPPED, "train.steps=240", "log.every=1")
    heard = train(*options)
    (said,) = (text for text in heard.said if "ends" in text)
    found = lines(tmp_path / "run")
    warm = [line["step"] for line in found if "likelihood_loss" in line]
    games = [line["step"] for line in found if "d_loss" in line]
    assert warm == list(range(1, len(warm) + 1))
    assert games == list(range(len(warm) + 1, 241))
    assert len(warm) < 200
    assert said.startswith(f"The warm-up ends at step {len(warm)} with the weights of step ")
    state = checkpoint.read_state(checkpoint.find(tmp_path / "run" / "checkpoints")[0])
    assert state["likelihood_ended"] == len(warm)
    assert "kept.safetensors" not in state["files"]


def test_stopping_needs_held_out_examples_and_likelihood_steps(train: Run, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train\.stopping: there are no held-out examples"):
        train(*WARM, "train.stopping={}", "data.held_out=0")
    train("train.stopping={}", "train.steps=2", "data.held_out=0", out=tmp_path / "plain")


# ---- resuming ----------------------------------------------------------------------------------

COURSES: dict[str, tuple[str, ...]] = {
    "likelihood": ("train.objective=likelihood",),
    "likelihood-stopped": ("train.objective=likelihood", *STOPPED),
    "warmup": (*WARM, "train.warmup.rate=0.1", "train.discriminator_steps=2"),
    "warmup-watched": (*WARM, "train.stopping={every: 5}"),
    "warmup-stopped": ("train.warmup={steps: 27}", *STOPPED, "train.terms.likelihood=0.1"),
}


@pytest.mark.parametrize("course", COURSES)
def test_a_run_that_is_stopped_anywhere_ends_with_the_same_bytes(
    train: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, course: str
) -> None:
    options = (*COURSES[course], "log.checkpoint_every=4", "log.keep=20")
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train(*options, out=whole)
    last = checkpoint.find(whole / "checkpoints")[0].step
    step, stops = Trainer._step, list(range(1, last, 2))

    def stopping(self: Trainer, data: Any) -> None:
        step(self, data)
        if stops and self.adversaries.step >= stops[0]:
            stops.pop(0)
            raise KeyboardInterrupt  # as abrupt as a kill: nothing is saved

    monkeypatch.setattr(Trainer, "_step", stopping)
    while stops:
        with pytest.raises(KeyboardInterrupt):
            train(*options, out=broken, resume=broken.exists())
    train(*options, out=broken, resume=True)
    assert _bytes(broken) == _bytes(whole)


def test_going_back_before_the_end_of_a_warmup_undoes_it(
    letters: Callable[..., Domain], game: Any, tmp_path: Path
) -> None:
    players = game.after(letters(), 2, warmup={"steps": 4})
    players.kept = {name: value + 1 for name, value in players.average.state_dict().items()}
    saved = checkpoint.save(tmp_path, players, {})
    game.advance(players, 2)
    players.end_likelihood()
    game.advance(players, 1)
    checkpoint.restore(saved, players)
    assert (players.step, players.ended, players.likelihood_steps) == (2, None, 4)
    average = players.average.state_dict()
    assert all(torch.equal(players.kept[name], average[name] + 1) for name in average)
    assert players.batches_before(2) == 2


def test_a_checkpoint_from_before_likelihood_training_can_be_resumed(
    letters: Callable[..., Domain], game: Any, tmp_path: Path
) -> None:
    players = game.after(letters(), 2)
    saved = checkpoint.save(tmp_path, players, {})
    state = json.loads((saved.folder / "state.json").read_text())
    del state["likelihood_ended"], state["digest"]
    state["digest"] = checkpoint._digest(state)
    (saved.folder / "state.json").write_text(json.dumps(state))
    checkpoint.restore(saved, players)
    assert players.ended is None


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
