"""The best weights of a run: which they are, and that kills and repairs do not change it."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from omnigan import api
from omnigan.domain import Metric
from omnigan.engine import checkpoint
from omnigan.engine.best import Best
from omnigan.engine.signals import Interrupted
from omnigan.engine.trainer import Trainer
from omnigan.errors import UserError
from omnigan.evaluation.headline import Headline
from omnigan.evaluation.provenance import Provenance
from omnigan.evaluation.results import Evaluation, Row

Run = Callable[..., Any]
OFTEN = ("log.evaluate_every=4", "log.evaluate_samples=20", "data.labels=false")


@pytest.fixture(autouse=True)
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the critic of an evaluation give up soon: nothing here depends on it."""
    monkeypatch.setattr("omnigan.evaluation.two_sample._PATIENCE", 1)


def scored(value: float) -> Evaluation:
    provenance = Provenance("", "", "", "valid", 1, "", 1, 0)
    return Evaluation((Row("distance", "", value, 0.0, "lower", 3, provenance),), 1, 1, 1, 0)


def evaluations(out: Path) -> dict[int, float]:
    """Return the Frechet distances in a run's journal by step."""
    lines = map(json.loads, (out / "metrics.jsonl").read_text().splitlines())
    return {
        line["step"]: row["value"]
        for line in lines
        if "evaluation" in line
        for row in line["evaluation"]["rows"]
        if row["metric"] == "Frechet distance"
    }


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a run's best weights and its last checkpoint."""
    last = checkpoint.find(folder / "checkpoints")[0].folder
    files = [*(folder / "best").rglob("*"), *last.rglob("*"), folder / "metrics.jsonl"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if path.is_file()}


def test_the_best_evaluation_of_a_run_is_kept_and_can_be_used(run: Run, out: Path) -> None:
    heard = run(*OFTEN)
    found = evaluations(out)
    assert list(found) == [4, 8, 12, 16, 20, 24, 28, 30]
    best = min(found, key=lambda step: found[step])
    assert heard.said[-1] == (
        f"The best weights by Frechet distance are those of step {best}: "
        f"omnigan sample {out} --best"
    )
    trained = api.load(out, best=True)
    assert trained.step == best
    state = checkpoint.read_state(checkpoint.find(out / "best")[0])
    assert (state["metric"], state["score"]) == ("Frechet distance", found[best])
    again = api.evaluate(trained, samples=20, seed=0)
    (row,) = (row for row in again.rows if row.metric == "Frechet distance")
    assert row.value == found[best]


def test_stops_do_not_change_which_weights_are_best(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run(*OFTEN, out=whole)
    step, stops = Trainer._step, [6, 9, 13, 21, 26, 29]

    def stopping(self: Trainer, data: Any) -> None:
        step(self, data)
        if stops and self.adversaries.step == stops[0]:
            stops.pop(0)
            raise KeyboardInterrupt  # as abrupt as a kill: nothing is saved

    monkeypatch.setattr(Trainer, "_step", stopping)
    resume = False
    while stops:
        with pytest.raises(KeyboardInterrupt):
            run(*OFTEN, out=broken, resume=resume)
        resume = True
    run(*OFTEN, out=broken, resume=True)
    assert contents(broken) == contents(whole)


def test_a_run_that_goes_back_further_has_the_best_of_then(run: Run, out: Path) -> None:
    run(*OFTEN)
    before = contents(out)
    newest, older = checkpoint.find(out / "checkpoints")
    called = checkpoint.read_json(older)["best"]["step"]
    kept = {each.step for each in checkpoint.find(out / "best")}
    assert called in kept
    (newest.folder / "ema.safetensors").write_bytes(b"torn")
    run(*OFTEN, resume=True)
    assert contents(out) == before


def test_weights_that_nobody_calls_best_are_deleted(
    game: Any, points: Callable[..., Any], tmp_path: Path
) -> None:
    players = game.start(points())
    best, checkpoints = Best(tmp_path / "best", "distance"), tmp_path / "checkpoints"
    for step, value in enumerate([5.0, 4.0, 6.0, float("nan"), 3.0, 3.0, 2.0]):
        players.step = step
        best.consider(scored(value), players)
        if step in (1, 3, 5):
            checkpoint.save(checkpoints, players, {"best": best.state()})
            best.prune(checkpoints)
            there = [each.step for each in checkpoint.find(best.folder)]
            assert there == {1: [1], 3: [1], 5: [4, 1]}[step]
    assert (best.step, best.score.distance) == (6, 2.0)
    again = Best(best.folder, "distance")
    again.restore(checkpoint.read_state(checkpoint.find(checkpoints)[0])["best"], 5)
    assert (again.step, again.score) == (4, Headline(3.0, 1))
    earlier = {name: again.state()[name] for name in ("metric", "score", "step")}
    again.restore(earlier, 5)
    assert again.score == Headline(3.0, 1), "earlier versions told no more"
    assert [each.step for each in checkpoint.find(best.folder)] == [4, 1]
    other = Best(best.folder, "coverage")
    other.restore(again.state(), 5)
    assert other.step is None, "scores of another metric cannot be compared"
    shutil.rmtree(best.folder / "step-00000004")
    again.restore(again.state(), 5)
    assert again.step is None, "they are lost"


def test_scores_of_another_number_of_samples_do_not_count(
    game: Any, points: Callable[..., Any], tmp_path: Path
) -> None:
    """Most distances are the longer the fewer samples there are."""
    players = game.start(points())
    best = Best(tmp_path, "distance")
    for step, (value, samples) in enumerate([(1.0, 1), (9.0, 8), (10.0, 8), (8.0, 8)]):
        players.step = step
        best.consider(replace(scored(value), samples=samples), players)
        assert best.step == [0, 1, 1, 3][step]
        again = Best(tmp_path, "distance")
        again.restore(best.state(), step)
        assert again.state() == best.state()


def test_only_the_average_is_kept(game: Any, points: Callable[..., Any], tmp_path: Path) -> None:
    players = game.after(points(), 2)
    best = Best(tmp_path, "distance")
    best.consider(scored(1.0), players)
    (kept,) = checkpoint.find(tmp_path)
    names = {path.name for path in kept.folder.iterdir()}
    assert names == {"ema.safetensors", "state.json"}
    weights = checkpoint.read_part(kept, "ema")
    average = players.average.state_dict()
    assert all((weights[name] == average[name]).all() for name in average)


def test_the_domain_or_the_recipe_names_the_metric(run: Run, out: Path) -> None:
    run(*OFTEN, "train.steps=4", "log.best=modes")
    state = checkpoint.read_state(checkpoint.find(out / "best")[0])
    assert state["metric"] == "modes"
    with pytest.raises(UserError, match=r"log\.best: there is no metric 'mods'"):
        run(*OFTEN, "train.steps=4", "log.best=mods", out=out.with_name("other"))


def test_too_few_samples_to_tell(run: Run, out: Path) -> None:
    with pytest.raises(UserError, match=r"8 would be generated: write log\.evaluate_samples=16"):
        run("log.evaluate_every=15", "log.evaluate_samples=8", "data.labels=false")
    run("log.evaluate_every=15", "log.evaluate_samples=8", "log.best=modes")
    assert (out / "best").exists()


def test_a_metric_without_a_value_is_told_each_time(
    run: Run, out: Path, monkeypatch: pytest.MonkeyPatch, mixture: ModuleType
) -> None:
    nothing = {"nothing": Metric(lambda x: math.nan)}
    monkeypatch.setattr(mixture.MixtureDomain, "metrics", lambda self: nothing)
    heard = run("log.evaluate_every=15", "log.evaluate_samples=8", "log.best=nothing")
    assert len(heard.about("log.evaluate_samples")) == 2
    assert not (out / "best").exists()
    with pytest.raises(UserError, match=r"has no best weights.*log\.evaluate_every.*the newest"):
        api.load(out, best=True)


def test_a_metric_that_fails_is_told_and_the_run_goes_on(
    run: Run, out: Path, monkeypatch: pytest.MonkeyPatch, mixture: ModuleType
) -> None:
    metrics = {"broken": Metric(lambda x: 1 / 0), "mean": Metric(lambda x: 1.0)}
    monkeypatch.setattr(mixture.MixtureDomain, "metrics", lambda self: metrics)
    often = ("train.steps=4", "log.evaluate_every=2", "log.evaluate_samples=8")
    heard = run(*often, "log.best=mean")
    assert [text.partition(" cannot")[0] for text in heard.warned] == [
        f"step {step}: The metric 'broken'" for step in (2, 4)
    ]
    assert [each.step for each in checkpoint.find(out / "best")] == [2], "the first of equals"


def test_a_checkpoint_is_no_run_to_have_best_weights(run: Run, out: Path) -> None:
    run(*OFTEN)
    (only, *_) = checkpoint.find(out / "best")
    assert api.load(only.folder).step == only.step
    with pytest.raises(UserError, match="no best weights"):
        api.load(only.folder, best=True)


def test_interrupting_twice_at_one_step(
    run: Run, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint that is written again does not push older best weights out."""
    step = Trainer._step

    def stop(self: Trainer, data: Any) -> None:
        step(self, data)
        if self.adversaries.step == 20:
            self._interrupt(15)

    monkeypatch.setattr(Trainer, "_step", stop)
    with pytest.raises(Interrupted):
        run(*OFTEN)
    kept = checkpoint.find(out / "checkpoints")
    called = {checkpoint.read_json(each)["best"]["step"] for each in kept}
    # On a slow machine the oldest one kept is of before the first evaluation.
    assert called - {None} <= {each.step for each in checkpoint.find(out / "best")}
