"""A run that meets NaN, a full disk or a signal says so in words, and loses little."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import torch

from omnigan import api
from omnigan.engine import checkpoint
from omnigan.engine.signals import Interrupted, StopRequest
from omnigan.engine.step import Adversaries
from omnigan.errors import OmniganError

Run = Callable[..., Any]
Limit = Callable[[int], AbstractContextManager[None]]
Lines = Callable[[Path], list[dict[str, Any]]]


def _weights(out: Path) -> dict[str, bytes]:
    newest = checkpoint.find(out / "checkpoints")[0]
    checkpoint.read_state(newest)  # it is whole
    return {path.name: path.read_bytes() for path in newest.folder.glob("*.safetensors")}


# ---- not a number ------------------------------------------------------------------------------


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[int, int]]]:
    """Return a function that breaks a step in so many attempts, weights and all."""
    advance = Adversaries.advance

    def start(step: int, attempts: int) -> list[tuple[int, int]]:
        hits: list[tuple[int, int]] = []

        def broken(self: Adversaries, data: Any) -> Any:
            readings = advance(self, data)
            if self.step == step and self.attempt < attempts:
                hits.append((self.step, self.attempt))
                readings["g_gradient"] = torch.tensor(math.inf)
                for network in (self.generator, self.discriminator, self.average):
                    for weight in network.parameters():
                        weight.data.fill_(math.nan)
                for optimizer in (self.optimizers.generator, self.optimizers.discriminator):
                    for state in optimizer.state.values():
                        state["exp_avg_sq"].fill_(math.nan)
            return readings

        monkeypatch.setattr(Adversaries, "advance", broken)
        return hits

    return start


@pytest.mark.parametrize("step", [3, 25])
def test_after_nan_a_run_goes_on_from_its_checkpoint_with_other_noise(
    *, lines: Lines, run: Run, out: Path, tmp_path: Path, poison: Any, step: int
) -> None:
    run(out=tmp_path / "calm")
    hits = poison(step, attempts=2)
    heard = run()
    assert hits == [(step, 0), (step, 1)]
    first, second = heard.about("went back")
    back = step // 10 * 10
    assert f"step {step}: g_gradient became NaN or infinite; went back to step {back}" in first
    assert "(1 of 3)" in first
    assert "(2 of 3)" in second
    assert "train.rate" in first
    weights = _weights(out)
    assert weights.keys() == _weights(tmp_path / "calm").keys()
    assert weights["generator.safetensors"] != _weights(tmp_path / "calm")["generator.safetensors"]
    assert api.load(out).generate(20).x.isfinite().all()
    steps = [line["step"] for line in lines(out) if "d_loss" in line]
    assert steps == [5, 10, 15, 20, 25, 30]
    assert len([line for line in lines(out) if "went back" in line.get("warning", "")]) == 1


def test_nan_again_and_again_ends_a_run_with_its_last_good_checkpoint(
    run: Run, out: Path, poison: Any
) -> None:
    hits = poison(25, attempts=100)
    with pytest.raises(
        OmniganError, match=r"^step 25: g_gradient .* after going back 3 times.*clip"
    ):
        run()
    assert len(hits) == 4
    assert api.load(out).step == 20
    assert api.load(out).generate(20).x.isfinite().all()
    with pytest.raises(OmniganError, match="after going back 0 times"):
        run("train.max_rollbacks=0", resume=True, force=True)


def test_a_rate_that_explodes_is_not_trained_to_the_end(run: Run) -> None:
    with pytest.raises(OmniganError, match=r"became NaN or infinite, after .* Lower train\.rate"):
        run("train.rate=1e30")


def test_a_poisoned_example_is_named(run: Run, out: Path) -> None:
    with pytest.raises(OmniganError, match=r"because training example 41 .* holds NaN"):
        run("data.nan_at=41")
    assert len(checkpoint.find(out / "checkpoints")) == 1


# ---- a full disk -------------------------------------------------------------------------------


def test_a_full_disk_is_one_sentence_and_resuming_works(
    run: Run, out: Path, tmp_path: Path, files_of_at_most: Limit
) -> None:
    run(out=tmp_path / "calm")
    # The first checkpoint has no optimizer state; the second does not fit any more.
    with files_of_at_most(3000), pytest.raises(OmniganError) as caught:
        run()
    first, second = str(caught.value).splitlines()
    assert "The disk is full" in first
    assert "The checkpoint of step 0 is whole" in first
    assert second.split() == [
        "omnigan",
        "train",
        f"{out}/recipe.yaml",
        "--out",
        f"{out}",
        "--resume",
    ]
    assert caught.value.exit_status == 1
    assert [each.step for each in checkpoint.find(out / "checkpoints")] == [0]
    assert not list(out.rglob(".tmp-*"))
    run(resume=True)
    assert _weights(out) == _weights(tmp_path / "calm")


def test_a_disk_that_is_full_from_the_start_is_one_sentence(
    run: Run, files_of_at_most: Limit
) -> None:
    with (
        files_of_at_most(100),
        pytest.raises(OmniganError, match=r"disk is full.*Nothing is saved"),
    ):
        run()


@pytest.mark.parametrize("number", range(0, 34, 6))
def test_no_space_at_any_write_leaves_a_run_that_resumes(
    *,
    lines: Lines,
    run: Run,
    out: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    """Writes are counted where the engine and the domain open files."""
    run("train.steps=12", "log.checkpoint_every=4", out=tmp_path / "calm")
    calls = iter(range(10**6))
    real = Path.open

    def full(self: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        if set(mode) & set("wa") and out in self.parents and next(calls) == number:
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return real(self, mode, *args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", full)
        with pytest.raises(OmniganError, match="The disk is full"):
            run("train.steps=12", "log.checkpoint_every=4")
    if not (out / "recipe.yaml").exists():
        return  # nothing had begun
    run("train.steps=12", "log.checkpoint_every=4", resume=True)
    assert _weights(out) == _weights(tmp_path / "calm")
    assert lines(out) == lines(tmp_path / "calm")


def test_another_error_of_the_system_is_not_called_a_full_disk(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OmniganError, match=r"cannot be read or written: Input/output error\."):
        run()


# ---- being asked to stop -----------------------------------------------------------------------


def test_a_request_to_stop_saves_and_names_the_command(
    run: Run, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = Adversaries.advance
    requests: list[StopRequest] = []
    real = StopRequest.__init__

    def remember(self: StopRequest) -> None:
        real(self)
        requests.append(self)

    def ask(self: Adversaries, data: Any) -> Any:
        if self.step in (12, 29):
            requests[-1].number = 15
        return advance(self, data)

    monkeypatch.setattr(StopRequest, "__init__", remember)
    monkeypatch.setattr(Adversaries, "advance", ask)
    with pytest.raises(Interrupted, match="Stopped at step 13 of 30") as caught:
        run()
    assert caught.value.exit_status == 128 + 15
    assert api.load(out).step == 13
    run(resume=True)  # asked in its last step, which ends it anyway
    assert api.load(out).step == 30
