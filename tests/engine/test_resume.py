"""A run that is killed at any moment and resumed ends with the same bytes as an unbroken one."""

from __future__ import annotations

import json
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
from omnigan.errors import UserError

Run = Callable[..., Any]
STEPS = 160
RECIPE: dict[str, Any] = {
    "domain": "mixture",
    "data": {"examples": 90, "labels": True, "jitter": 0.1},
    "generator": {"width": 8, "depth": 2},
    "discriminator": {"width": 8, "depth": 2, "dropout": 0.2},
    "train": {"steps": STEPS, "batch_size": 16, "device": "cpu", "threads": 1},
    "log": {"every": 5, "checkpoint_every": 7, "samples_every": 50},
}
WARM: dict[str, Any] = {
    "domain": "chain",
    "data": {"examples": 60},
    "discriminator": {"dropout": 0.2},
    "train": {
        **RECIPE["train"],
        "rate": 0.05,
        "warmup": {"steps": 130},
        "stopping": {"every": 4, "patience": 12},
        "terms": {"likelihood": 0.1},
    },
    "log": RECIPE["log"],
}
"""The warm-up ends early, but not soon."""


def _results(folder: Path) -> dict[str, bytes]:
    """Return everything that must not depend on what happened to a run."""
    last = checkpoint.find(folder / "checkpoints")[0]
    files = [*last.folder.iterdir(), folder / "metrics.jsonl", *folder.glob("samples/*/*")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _steps(folder: Path) -> int:
    found = checkpoint.find(folder / "checkpoints")
    return found[0].step if found else -1


# ---- kills -------------------------------------------------------------------------------------


def _main(words: list[str]) -> None:
    """Run a command in a process of its own, silently."""
    from omnigan.cli import main

    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    raise SystemExit(main(words))


def _command(recipe: Path, out: Path, workers: int) -> list[str]:
    resume = ["--resume"] if (out / "recipe.yaml").exists() else []
    return ["train", str(recipe), f"train.workers={workers}", "--out", str(out), *resume]


def _killed(recipe: Path, out: Path, rng: random.Random) -> bool:
    """Start or resume a run, kill it after a few more checkpoints; tell whether it was done."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["omnigan.api"])
    process = context.Process(target=_main, args=(_command(recipe, out, 0),))
    goal = _steps(out) + rng.randint(1, 30)
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
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(words, **quiet) as process:
        while process.poll() is None and _steps(out) < goal:
            time.sleep(0.01)
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("values", [RECIPE, WARM], ids=["adversarial", "warmup"])
def test_kills_leave_no_trace(
    mixture: ModuleType, chain: ModuleType, tmp_path: Path, values: dict[str, Any]
) -> None:
    recipe, out = tmp_path / "mine.yaml", tmp_path / "broken"
    recipe.write_text(yaml.safe_dump(values))
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


def test_resuming_a_finished_run_changes_nothing(run: Run, out: Path) -> None:
    run()
    before = _results(out)
    assert run(resume=True).said == ["Going on from step 30."]
    assert _results(out) == before


def test_looking_more_often_does_not_change_the_weights(run: Run, tmp_path: Path) -> None:
    plain, busy = tmp_path / "plain", tmp_path / "busy"
    run(out=plain)
    run(
        "log.samples_every=3",
        "log.samples=5",
        "log.checkpoint_every=4",
        "log.evaluate_every=20",
        "log.evaluate_samples=20",
        out=busy,
    )
    for part in ("generator", "discriminator", "ema", "optimizers"):
        name = f"checkpoints/step-00000030/{part}.safetensors"
        assert (plain / name).read_bytes() == (busy / name).read_bytes()


def test_a_changed_recipe_is_refused_with_the_difference(run: Run, out: Path) -> None:
    run()
    before = _results(out)
    with pytest.raises(UserError) as caught:
        run("train.steps=40", "train.rate=0.5", "data.labels=false", resume=True)
    lines = str(caught.value).splitlines()
    assert sorted(line.strip() for line in lines[1:-1]) == [
        "data.labels: true -> false",
        'train.rate: {"start": 0.001, "end": 0.0001, "shape": "cosine", "until": 1.0} -> 0.5',
        "train.steps: 30 -> 40",
    ]
    assert "--force" in lines[-1]
    assert _results(out) == before


def test_a_recipe_stored_by_an_earlier_version_is_the_same(run: Run, out: Path) -> None:
    run()
    stored = yaml.safe_load((out / "recipe.yaml").read_text())
    del stored["train"]["compile"], stored["log"]["best"]  # keys that came later
    (out / "recipe.yaml").write_text(yaml.safe_dump(stored))
    before = _results(out)
    run(resume=True)
    assert _results(out) == before


def test_an_option_that_was_stored_for_nothing_does_not_count(
    mixture: ModuleType, monkeypatch: pytest.MonkeyPatch, run: Run, out: Path
) -> None:
    monkeypatch.setattr(mixture.Generator, "OPTIONS", {"latent": {"speed": ("uniform",)}})
    run()
    stored = yaml.safe_load((out / "recipe.yaml").read_text())
    assert (stored["generator"]["latent"], "speed" in stored["generator"]) == ("normal", False)
    stored["generator"]["speed"] = 3.0  # was once the default, and stored by every run
    config = json.loads((out / "config.json").read_text())
    config["config"]["generator"]["speed"] = 3.0
    before = _results(out)
    for _ in range(2):
        (out / "recipe.yaml").write_text(yaml.safe_dump(stored))
        (out / "config.json").write_text(json.dumps(config))
        assert api.load(out).step == 30
        run(resume=True)
    (out / "recipe.yaml").write_text(yaml.safe_dump(stored))
    api.train(out / "recipe.yaml", out=out, resume=True)
    assert _results(out) == before
    (out / "recipe.yaml").write_text(yaml.safe_dump(stored))
    with pytest.raises(UserError, match="has speed, which is only for latent: uniform"):
        api.train(out / "recipe.yaml", out=out.with_name("another"))


def test_force_goes_on_with_the_changed_recipe(run: Run, out: Path) -> None:
    run()
    heard = run("train.steps=40", resume=True, force=True)
    assert heard.said == ["Going on from step 30."]
    assert _steps(out) == 40
    assert yaml.safe_load((out / "recipe.yaml").read_text())["train"]["steps"] == 40
    run("train.steps=40", resume=True)  # it is now the run's own


def test_a_change_of_the_length_alone_is_refused_with_what_it_would_do(run: Run, out: Path) -> None:
    run("train.steps=4")
    with pytest.raises(UserError, match=r"train\.steps: 4 -> 6\n.*--force .*: .*schedule.* rises"):
        run("train.steps=6", "log.every=2", resume=True)
    with pytest.raises(UserError, match=r"or add --force to go on with it\.$"):
        run("train.steps=6", "train.clip=1", resume=True)


def test_other_examples_are_refused_be_they_for_training_or_held_out(run: Run, out: Path) -> None:
    run("train.steps=2")
    training, held_out = (out / "examples.sha256").read_text().splitlines()
    for kept, named in {
        f"train 0\n{held_out}": "training",
        f"{training}\nvalid 0": "held-out",
        "train 0\nvalid 0": "training and held-out",
    }.items():
        (out / "examples.sha256").write_text(kept)
        with pytest.raises(UserError, match=f"--resume: the {named} examples are not those"):
            run("train.steps=2", resume=True)


def test_forcing_a_change_of_the_recipe_does_not_let_other_data_in(run: Run, out: Path) -> None:
    run("train.steps=4")
    began = (out / "examples.sha256").read_text()
    (out / "examples.sha256").write_text("train 0\n")
    with pytest.raises(UserError, match=r"training examples are not those.*add --force"):
        run("train.steps=4", resume=True)
    with pytest.raises(UserError, match=r"training examples are not those.*by --force with"):
        run("train.steps=6", resume=True, force=True)
    assert _steps(out) == 4
    run("train.steps=4", resume=True, force=True)  # the data were what was meant
    assert (out / "examples.sha256").read_text() == began
    run("train.steps=6", "data.jitter=0.2", resume=True, force=True)  # other data were asked for
    assert (out / "examples.sha256").read_text() != began
    assert _steps(out) == 6


def test_how_often_a_run_writes_may_change(run: Run, tmp_path: Path, out: Path) -> None:
    run(out=tmp_path / "plain")
    run()
    for each in checkpoint.find(out / "checkpoints")[:1]:
        (each.folder / "state.json").unlink()
    judged = ("log.evaluate_every=15", "log.evaluate_samples=8", "log.best=modes")
    written = ("log.every=2", "log.samples_every=3", "log.checkpoint_every=4", "log.keep=3")
    often = (*judged, *written)
    assert run(*often, resume=True).said[0] == "Going on from step 20."
    steps = [each.step for each in checkpoint.find(out / "checkpoints")]
    assert steps == [30, 28, 24]
    for part in ("generator", "discriminator", "ema", "optimizers"):
        name = f"checkpoints/step-00000030/{part}.safetensors"
        assert (out / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()
    assert [each.step for each in checkpoint.find(out / "best")] == [30]
    run("log.evaluate_samples=20", resume=True)
    with pytest.raises(UserError, match=r"log\.samples: 8 -> 9"):
        run(*often, "log.samples=9", resume=True)


def test_where_a_run_happens_may_change(run: Run, out: Path) -> None:
    run("train.workers=0")
    run("train.workers=1", "train.device=auto", resume=True)
    assert yaml.safe_load((out / "recipe.yaml").read_text())["train"]["workers"] == 1


def test_forced_networks_that_do_not_fit_are_a_mistake(run: Run) -> None:
    run()
    with pytest.raises(UserError, match="does not fit the networks of this recipe"):
        run("generator.width=9", resume=True, force=True)


# ---- what is left of a run ---------------------------------------------------------------------


def test_a_damaged_checkpoint_is_passed_over_with_a_word(run: Run, out: Path) -> None:
    run()
    before = _results(out)
    newest = checkpoint.find(out / "checkpoints")[0].folder
    (newest / "ema.safetensors").write_bytes(b"torn")
    assert api.load(out).step == 20
    heard = run(resume=True)
    torn = "step-00000030: ema.safetensors is torn or was changed"
    assert heard.warned[0] == f"passed over a checkpoint: {torn}"
    assert heard.said == ["Going on from step 20."]
    assert _results(out) == before


def test_without_a_whole_checkpoint_a_run_starts_again(run: Run, out: Path) -> None:
    run()
    before = _results(out)
    for each in checkpoint.find(out / "checkpoints"):
        (each.folder / "state.json").unlink()
    with pytest.raises(UserError, match=r"no checkpoint that can be loaded \(step-00000030: .*20"):
        api.load(out)
    heard = run(resume=True)
    assert [text[:15] for text in heard.warned[:2]] == ["passed over a c"] * 2
    assert "starting from the first step" in heard.warned[2]
    assert _results(out) == before


def test_a_run_that_was_stopped_before_its_first_checkpoint(run: Run, out: Path) -> None:
    run()
    before = _results(out)
    for path in sorted(out.rglob("*"), reverse=True):
        if path.name not in ("recipe.yaml", ".lock"):
            path.unlink() if path.is_file() else path.rmdir()
    with pytest.raises(UserError, match=r"config\.json"):
        api.load(out)
    run(resume=True)
    assert _results(out) == before


def test_a_lock_alone_is_no_run(run: Run, out: Path) -> None:
    out.mkdir()
    (out / ".lock").touch()
    run()
    assert _steps(out) == 30


@pytest.mark.parametrize("text", [None, "", "- 1", "domain: [", "\xff", "3"])
def test_a_run_whose_recipe_is_lost_is_a_mistake(run: Run, out: Path, text: str | None) -> None:
    run("train.steps=2")
    (out / "recipe.yaml").unlink()
    if text is not None:
        (out / "recipe.yaml").write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match=r"--resume: .*recipe\.yaml"):
        run("train.steps=2", resume=True)


def test_there_must_be_a_run_to_resume(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="absent does not exist"):
        run(resume=True, out=tmp_path / "absent")
    with pytest.raises(UserError, match="no run named mixture"):
        run(resume=True, out=None)
    run(out=None)
    run(out=None)
    assert sorted(path.name for path in Path("runs").iterdir()) == ["mixture-001", "mixture-002"]
    newest = Path("runs/mixture-002")
    assert run("train.steps=40", resume=True, force=True, out=None).said
    assert (_steps(newest), _steps(newest.with_name("mixture-001"))) == (40, 30)
