"""Likelihood training that ends early, and that is resumed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from omnigan import api
from omnigan.domain import Domain
from omnigan.engine import checkpoint
from omnigan.engine.stopping import LikelihoodWatch
from omnigan.engine.trainer import Trainer
from omnigan.errors import UserError
from omnigan.evaluation.real import read
from omnigan.recipe.schema import Stopping

Run = Callable[..., Any]
Lines = Callable[[Path], list[dict[str, Any]]]
WARM = ("train.warmup={steps: 12}",)
STOPPED = ("train.stopping={every: 3, patience: 2}", "data.examples=16", "train.rate=0.3")
"""So few examples, learned so fast, that held-out ones soon get less likely."""


def _bytes(folder: Path) -> dict[str, bytes]:
    last = checkpoint.find(folder / "checkpoints")[0]
    files = [*last.folder.iterdir(), folder / "metrics.jsonl", *folder.glob("samples/*/*")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


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
        exact = -players.average.log_likelihood(held_out).mean() / chain.LENGTH
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
    best = min(looked, key=lambda step: looked[step])
    assert last == best + 2 * 3 < 300
    (said,) = (text for text in heard.said if "ends" in text)
    assert said.startswith(
        f"Likelihood training ends at step {last} with the weights of step {best}"
    )
    assert said.endswith(f"held-out likelihood is best: {looked[best]:.4f} nats a token.")
    trained = api.load(tmp_path / "run")
    assert trained.step == last
    held_out = read(trained.domain, "valid", 1000, 0).batch
    density = trained.density(held_out)
    assert -float(density(held_out).mean()) / 6 == pytest.approx(looked[best], rel=1e-6)
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


def test_stopping_needs_held_out_examples_and_likelihood_steps(train: Run) -> None:
    with pytest.raises(UserError, match=r"train\.stopping: there are no held-out examples"):
        train(*WARM, "train.stopping={}", "data.held_out=0")
    with pytest.raises(UserError, match=r"'train.stopping=\{\}': 'train' has stopping, .* leave"):
        train("train.stopping={}", "train.steps=2")


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
