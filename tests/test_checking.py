"""The rehearsal's numbers, against sums done by hand for the toy domain."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from omnigan.api import train
from omnigan.check_report import CheckReport
from omnigan.checking import check
from omnigan.domain import Batch
from omnigan.engine.reporter import Quiet
from omnigan.engine.step import Adversaries
from omnigan.errors import UserError
from omnigan.recipe.load import load_recipe

GENERATOR = 3 * 8 + 8 + 8 * 2 + 2
DISCRIMINATOR = 2 * 8 + 8 + 8 + 1


class Heard(Quiet):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def checked(acme: Path, tmp_path: Path) -> Any:
    def run(**train: Any) -> CheckReport:
        return check(load_recipe({"domain": "toy", "train": train}), tmp_path / "out")

    return run


def test_counts_and_shapes(checked: Any) -> None:
    report = checked(batch_size=16, steps="320 examples")
    assert (report.train, report.valid) == (64, 10)
    assert (report.generator, report.discriminator) == (GENERATOR, DISCRIMINATOR)
    assert report.latent == {"z": (16, 3)}
    assert report.logits == [(16, 1)]
    assert report.steps == 20
    assert report.artifacts[0].path.read_text() == "1.000 0.000"


def test_memory_of_weights_and_optimizers(checked: Any) -> None:
    memory = checked().memory
    assert memory.weights == 4 * (2 * GENERATOR + DISCRIMINATOR)
    assert memory.gradients == 4 * (GENERATOR + DISCRIMINATOR)
    assert memory.optimizers == 8 * (GENERATOR + DISCRIMINATOR)
    parts = memory.weights + memory.gradients + memory.optimizers + memory.activations
    assert memory.total == parts


def test_memory_that_the_networks_do_not_take_is_told(
    checked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnigan.checking.resident_memory", lambda: 300 * 2**20)
    report = checked()
    assert report.memory.total < report.beside == report.to_json()["beside"]
    assert "; Python and the data take 300.0 MiB beside that\n" in report.text()
    assert "beside" not in replace(report, beside=None).text()


def test_memory_of_activations_grows_with_the_batch_and_with_penalties(checked: Any) -> None:
    small, large = (checked(batch_size=size, penalties={}).memory.activations for size in (16, 64))
    assert 3.5 * small < large < 4.5 * small
    # Backward needs at least the inputs of D's first layer and of its activation, for real and
    # generated examples, and surely not twenty times as much.
    least = 4 * 64 * 2 * (2 + 8)
    assert least <= large < 20 * least
    assert checked(batch_size=64).memory.activations > large


def test_time_is_that_of_steps_with_their_share_of_penalties(checked: Any) -> None:
    bare, lazy = (
        checked(batch_size=32, penalties=penalties).seconds_per_step
        for penalties in ({}, {"r1": {"interval": 3}})
    )
    assert 0 < bare < 1
    assert 0 < lazy < 1


def test_the_report_reads_well(checked: Any) -> None:
    report = checked(batch_size=16, steps=10)
    said, *rows = report.text().splitlines()
    assert "held out" in said  # there are few
    lines = dict(line.split("  ", 1) for line in rows)
    assert lines["generator"].strip() == f"{GENERATOR} parameters"
    assert lines["example"].strip() == "[2] from -1 to 1"
    assert lines["conditions"].strip() == "none"
    assert lines["time"].strip().startswith("about ")
    assert report.to_json()["seconds"] > 10 * report.seconds_per_step


def test_the_time_has_what_a_run_does_between_its_steps(
    chain: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Path] = []
    preview = chain.ChainDomain.preview

    def slow(self: Any, x: Tensor, folder: Path) -> Any:
        shown.append(folder)
        time.sleep(0.02)
        return preview(self, x, folder)

    monkeypatch.setattr(chain.ChainDomain, "preview", slow)
    recipe = {
        "domain": "chain",
        "train": {"steps": 10, "device": "cpu", "threads": 1},
        "log": {"samples_every": 4, "checkpoint_every": 5, "evaluate_every": 3},
    }
    out = tmp_path / "check"
    report = check(load_recipe(recipe), out)
    samples, checkpoints, evaluations = report.pauses
    assert [samples.times, checkpoints.times, evaluations.times] == [5, 3, 4]
    assert samples.seconds
    assert samples.seconds >= 0.02
    assert checkpoints.seconds
    written = 5 * samples.seconds + 3 * checkpoints.seconds
    assert report.seconds == pytest.approx(10 * report.seconds_per_step + written)
    assert "; samples 5 times 0.0" in report.text()
    assert "; not counting evaluations, 4 times" in report.text()
    assert not any(folder.exists() for folder in shown)

    shown.clear()
    train(recipe, ["log.evaluate_every=null"], out=tmp_path / "run")
    assert len(shown) == samples.times, "a run does it as often as was said"


def test_chance_outside_is_left_alone(checked: Any) -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    checked()
    assert torch.equal(torch.rand(1), expected)


def test_too_few_examples_are_refused(checked: Any) -> None:
    with pytest.raises(UserError, match=r"64 .*train\.batch_size"):
        checked(batch_size=65)


def test_what_was_found_is_said_before_a_refusal(
    chain: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {"summary": ["2 words are broken."]}
    monkeypatch.setattr(chain.ChainDomain, "describe", lambda self: facts)
    recipe = {"domain": "chain", "train": {"device": "cpu", "batch_size": 4096}}
    heard = Heard()
    with pytest.raises(UserError, match=r"Set train\.batch_size="):
        check(load_recipe(recipe), tmp_path / "check", say=heard.say)
    assert heard.said == facts["summary"]
    with pytest.raises(UserError, match=r"Set train\.batch_size="):
        train(recipe, out=tmp_path / "run", reporter=heard)
    assert heard.said == facts["summary"] * 2


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (("log.evaluate_every=2", "log.best=foo"), r"log\.best: there is no metric 'foo'"),
        (
            ("log.evaluate_every=2", "data.held_out=0"),
            r"log\.evaluate_every: there are no held-out",
        ),
        (
            ("log.evaluate_every=2", "log.best=told from real", "data.held_out=9"),
            r"log\.evaluate_every: .* no 'told from real'.* only 9 are held out: add data\. Do",
        ),
        (
            ("train.warmup.steps=2", "train.stopping={}", "data.held_out=0"),
            r"train\.stopping: there are no held-out",
        ),
        (("train.terms.foo=1",), r"train\.terms\.foo: this domain has no such generator loss"),
        (
            ("train.warmup.steps=2", "train.terms.foo=1"),
            r"train\.terms\.foo: this domain has no such generator loss",
        ),
    ],
)
def test_what_training_refuses_is_refused(
    chain: ModuleType, tmp_path: Path, overrides: tuple[str, ...], complaint: str
) -> None:
    recipe = {"domain": "chain", "train": {"steps": 9, "device": "cpu", "threads": 1}}
    with pytest.raises(UserError, match=complaint):
        check(load_recipe(recipe, overrides), tmp_path / "check")
    out = tmp_path / "run"
    with pytest.raises(UserError, match=complaint):
        train(recipe, overrides, out=out)
    assert not out.exists()
    train(recipe, ["train.steps=1"], out=out)


def test_with_too_little_memory_a_part_of_a_batch_tells_the_rest(
    checked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = checked(batch_size=64).memory.activations
    sizes = []
    advance = Adversaries.advance

    def seen(self: Adversaries, data: Iterator[Batch]) -> Any:
        first = next(data)
        sizes.append(len(first))
        return advance(self, chain([first], data))

    monkeypatch.setattr(Adversaries, "advance", seen)
    free = 2 * 3 * whole // 64 + 1  # half of it holds three examples
    monkeypatch.setattr("omnigan.checking.free_memory", lambda device: free)
    report = checked(batch_size=64)
    assert sizes[0] == 1
    assert max(sizes) <= 3
    assert report.memory.activations == pytest.approx(whole, rel=0.2)
    assert report.latent == {"z": (64, 3)}
    sizes.clear()
    monkeypatch.setattr("omnigan.checking.free_memory", lambda device: 1000)
    small = checked(batch_size=2)
    assert set(sizes) == {1}, "a small batch may be too large, too"
    assert "not even one example at a time fits" in small.text()


def test_what_does_not_fit_is_said_with_what_does(
    checked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = checked(batch_size=64)
    assert whole.accumulate == 1
    assert "does not fit" not in whole.text()
    rest = whole.memory.total - whole.memory.activations
    free = rest + whole.memory.activations // 3
    monkeypatch.setattr("omnigan.checking.free_memory", lambda device: free)
    report = checked(batch_size=64)
    assert report.free == free < report.memory.total
    parts = report.accumulate
    assert f"are free on cpu; write train.accumulate={parts}, or" in report.text()
    assert parts == 4  # thirds would fill the memory to the brim
    report = checked(batch_size=64, accumulate=parts)
    assert report.memory.total < free
    assert "does not fit" not in report.text()


@pytest.mark.parametrize("error", [RuntimeError, ValueError])
def test_networks_that_need_two_examples_are_looked_at_with_two(
    checked: Any, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    advance = Adversaries.advance

    def fussy(self: Adversaries, data: Iterator[Batch]) -> Any:
        if self.shares.whole == 1:
            raise error("Expected more than 1 value per channel when training")
        return advance(self, data)

    monkeypatch.setattr(Adversaries, "advance", fussy)
    report = checked(batch_size=64)
    assert report.accumulate == 1
    monkeypatch.setattr("omnigan.checking.free_memory", lambda device: 1000)
    assert "does not fit" in checked(batch_size=64).text(), "and so where little fits"
    rest = report.memory.total - report.memory.activations
    enough = rest + 3 * report.memory.activations // 64  # four fifths of it for two
    monkeypatch.setattr("omnigan.checking.free_memory", lambda device: enough)
    assert checked(batch_size=64).accumulate == 32
    assert checked(batch_size=5).accumulate == 2


def test_of_warnings_about_few_examples_nothing_is_heard(
    checked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = Adversaries.advance

    def warning(self: Adversaries, data: Iterator[Batch]) -> Any:
        if self.shares.whole == 1:
            warnings.warn("std(): degrees of freedom is <= 0", UserWarning, stacklevel=1)
        return advance(self, data)

    monkeypatch.setattr(Adversaries, "advance", warning)
    monkeypatch.setattr("omnigan.checking.free_memory", lambda device: 1000)
    assert "does not fit" in checked(batch_size=64).text()


def test_threads_are_compared_and_left_as_they_were(
    checked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnigan.rehearsal.most_threads", lambda: 3)
    used: list[int] = []
    advance = Adversaries.advance

    def noting(players: Adversaries, data: Iterator[Batch]) -> Any:
        used.append(torch.get_num_threads())
        return advance(players, data)

    monkeypatch.setattr(Adversaries, "advance", noting)
    before = torch.get_num_threads()
    report = checked(batch_size=16, threads=1)
    assert torch.get_num_threads() == before == 1
    assert set(report.threads) == set(used) == {1, 2, 3}
    assert all(seconds > 0 for seconds in report.threads.values())


@pytest.mark.parametrize(
    ("threads", "advice"),
    [({1: 0.2, 2: 0.1}, "train.threads=2"), ({1: 0.1, 2: 0.098}, None), ({1: 0.1, 2: 0.5}, None)],
)
def test_another_number_of_threads_is_only_advised_if_it_pays(
    checked: Any, threads: dict[int, float], advice: str | None
) -> None:
    text = replace(checked(), threads=threads).text()
    (line,) = (line for line in text.splitlines() if line.startswith("threads"))
    assert (advice in line) if advice else ("train.threads" not in line)
    assert all(f"on {count}" in line for count in threads)


def test_one_core_leaves_nothing_to_compare(checked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnigan.rehearsal.most_threads", lambda: 1)
    assert checked().threads == {}
    assert "threads" not in checked().text()
