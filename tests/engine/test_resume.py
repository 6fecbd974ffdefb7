"""A run that is killed at any moment and resumed ends with the same bytes as an unbroken one."""

from __future__ import annotations

import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from omnigan import api
from omnigan.engine import checkpoint
from omnigan.engine.reporter import Quiet
from omnigan.errors import UserError

STEPS = 300
RECIPE: dict[str, Any] = {
    "domain": "mixture",
    "data": {"examples": 90, "labels": True, "jitter": 0.1},
    "generator": {"width": 8, "depth": 2},
    "discriminator": {"width": 8, "depth": 2, "dropout": 0.2},
    "train": {"steps": STEPS, "batch_size": 16, "device": "cpu", "threads": 1},
    "log": {"every": 5, "checkpoint_every": 7, "samples_every": 50},
}


class Heard(Quiet):
    """Keeps what a run says."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warned: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def warn(self, text: str) -> None:
        self.warned.append(text)


@pytest.fixture
def short(mixture: ModuleType, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that trains 30 steps in a folder, by default a new one."""

    def run(*overrides: str, **options: Any) -> Path:
        few = ["train.steps=30", "log.samples_every=10", *overrides]
        options.setdefault("out", tmp_path / "run")
        return api.train(RECIPE, few, **options)

    return run


def _results(folder: Path) -> dict[str, bytes]:
    """Return everything that must not depend on what happened to a run."""
    last = checkpoint.find(folder / "checkpoints")[0]
    files = [*last.folder.iterdir(), folder / "metrics.jsonl", *folder.glob("samples/*/*")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _steps(folder: Path) -> int:
    found = checkpoint.find(folder / "checkpoints")
    return found[0].step if found else -1


# ---- kills -------------------------------------------------------------------------------------


def _forget_other_handlers(words: list[str]) -> None:
    """Run a command in a process that was forked from one with torch in it."""
    from omnigan.cli import main

    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    raise SystemExit(main(words))


def _command(recipe: Path, out: Path, workers: int) -> list[str]:
    resume = ["--resume"] if (out / "recipe.yaml").exists() else []
    return ["train", str(recipe), f"train.workers={workers}", "--out", str(out), *resume]


def _killed(recipe: Path, out: Path, rng: random.Random) -> bool:
    """Start or resume a run, kill it after a few more checkpoints; tell whether it was done."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["omnigan.api", "torch._dynamo"])
    process = context.Process(target=_forget_other_handlers, args=(_command(recipe, out, 0),))
    goal = _steps(out) + rng.randint(1, 60)
    process.start()
    while process.is_alive() and _steps(out) < goal:
        time.sleep(0.001)
    time.sleep(rng.uniform(0, 0.03))  # anywhere in a step or in a checkpoint
    process.kill()
    process.join()
    return process.exitcode == 0


def _killed_with_loaders(recipe: Path, out: Path) -> None:
    """Start or resume a run as a user would, with two loader processes, and kill it."""
    words = [sys.executable, "-m", "omnigan", *_command(recipe, out, 2)]
    goal = _steps(out) + 15
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while process.poll() is None and _steps(out) < goal:
            time.sleep(0.01)
        process.kill()
        assert process.stderr is not None
        assert process.stderr.read() == b""


@pytest.mark.slow
def test_kills_leave_no_trace(mixture: ModuleType, tmp_path: Path) -> None:
    recipe, out = tmp_path / "mine.yaml", tmp_path / "broken"
    recipe.write_text(yaml.safe_dump(RECIPE))
    whole = _results(api.train(recipe, out=tmp_path / "whole"))
    rng = random.Random(7)
    kills = 0
    while _steps(out) < STEPS:
        if kills == 2:
            _killed_with_loaders(recipe, out)
        elif _killed(recipe, out, rng):
            break
        kills += 1
        assert kills < 60
    api.train(recipe, out=out, resume=True)
    assert kills >= 6
    broken = _results(out)
    assert broken.keys() == whole.keys()
    assert [name for name in whole if whole[name] != broken[name]] == []


# ---- what may change ---------------------------------------------------------------------------


def test_resuming_a_finished_run_changes_nothing(short: Callable[..., Path]) -> None:
    folder = short()
    before = _results(folder)
    heard = Heard()
    short(resume=True, reporter=heard)
    assert heard.said == ["Going on from step 30."]
    assert _results(folder) == before


def test_looking_more_often_does_not_change_the_weights(
    short: Callable[..., Path], tmp_path: Path
) -> None:
    plain = short(out=tmp_path / "plain")
    busy = short(
        "log.samples_every=3",
        "log.samples=5",
        "log.checkpoint_every=4",
        "log.evaluate_every=11",
        "log.evaluate_samples=20",
        out=tmp_path / "busy",
    )
    for part in ("generator", "discriminator", "ema", "optimizers"):
        name = f"checkpoints/step-00000030/{part}.safetensors"
        assert (plain / name).read_bytes() == (busy / name).read_bytes()


def test_a_changed_recipe_is_refused_with_the_difference(short: Callable[..., Path]) -> None:
    folder = short()
    before = _results(folder)
    with pytest.raises(UserError) as caught:
        short("train.steps=40", "train.rate=0.5", "data.labels=false", resume=True)
    lines = str(caught.value).splitlines()
    assert sorted(line.strip() for line in lines[1:-1]) == [
        "data.labels: true -> false",
        'train.rate: {"start": 0.001, "end": 0.0001, "shape": "cosine", "until": 1.0} -> 0.5',
        "train.steps: 30 -> 40",
    ]
    assert "--force" in lines[-1]
    assert _results(folder) == before


def test_force_goes_on_with_the_changed_recipe(short: Callable[..., Path]) -> None:
    folder = short()
    heard = Heard()
    short("train.steps=40", resume=True, force=True, reporter=heard)
    assert heard.said == ["Going on from step 30."]
    assert _steps(folder) == 40
    assert yaml.safe_load((folder / "recipe.yaml").read_text())["train"]["steps"] == 40
    short("train.steps=40", resume=True)  # it is now the run's own


def test_where_a_run_happens_may_change(short: Callable[..., Path]) -> None:
    short("train.workers=0")
    short("train.workers=1", "train.device=auto", resume=True)


def test_forced_networks_that_do_not_fit_are_a_mistake(short: Callable[..., Path]) -> None:
    short()
    with pytest.raises(UserError, match="does not fit the networks of this recipe"):
        short("generator.width=9", resume=True, force=True)


# ---- what is left of a run ---------------------------------------------------------------------


def test_a_damaged_checkpoint_is_passed_over_with_a_word(short: Callable[..., Path]) -> None:
    folder = short()
    before = _results(folder)
    newest = checkpoint.find(folder / "checkpoints")[0].folder
    (newest / "ema.safetensors").write_bytes(b"torn")
    assert api.load(folder).step == 28
    heard = Heard()
    short(resume=True, reporter=heard)
    assert heard.warned == [
        "passed over a checkpoint: step-00000030: ema.safetensors is torn or was changed"
    ]
    assert heard.said == ["Going on from step 28."]
    assert _results(folder) == before


def test_without_a_whole_checkpoint_a_run_starts_again(short: Callable[..., Path]) -> None:
    folder = short()
    before = _results(folder)
    for each in checkpoint.find(folder / "checkpoints"):
        (each.folder / "state.json").unlink()
    with pytest.raises(UserError, match=r"no checkpoint that can be loaded \(step-00000030: .*28"):
        api.load(folder)
    heard = Heard()
    short(resume=True, reporter=heard)
    assert len(heard.warned) == 3
    assert "starting from the first step" in heard.warned[-1]
    assert _results(folder) == before


def test_a_run_that_was_stopped_before_its_first_checkpoint(short: Callable[..., Path]) -> None:
    folder = short()
    before = _results(folder)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.name not in ("recipe.yaml", ".lock"):
            path.unlink() if path.is_file() else path.rmdir()
    with pytest.raises(UserError, match="config.json"):
        api.load(folder)
    short(resume=True)
    assert _results(folder) == before


def test_a_lock_alone_is_no_run(short: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").touch()
    assert _steps(short()) == 30


@pytest.mark.parametrize("text", [None, "", "- 1", "domain: [", "\xff", "3"])
def test_a_run_whose_recipe_is_lost_is_a_mistake(
    short: Callable[..., Path], text: str | None
) -> None:
    folder = short()
    (folder / "recipe.yaml").unlink()
    if text is not None:
        (folder / "recipe.yaml").write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match=r"--resume: .*recipe\.yaml"):
        short(resume=True)


def test_there_must_be_a_run_to_resume(
    short: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="absent does not exist"):
        short(resume=True, out=tmp_path / "absent")
    with pytest.raises(UserError, match="no run named mixture"):
        short(resume=True, out=None)
    first, second = short(out=None), short(out=None)
    assert (first.name, second.name) == ("mixture-001", "mixture-002")
    heard = Heard()
    assert short(resume=True, out=None, reporter=heard).name == "mixture-002"
    assert heard.said == ["Going on from step 30."]
