"""Processes learn of one another's end, whatever it is, and the user reads one clear sentence."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from omnigan.engine.ranks import joined, joining, watch
from omnigan.engine.step import Adversaries

Recipe = Callable[..., str]
LONG = ("train.steps=100000", "log.checkpoint_every=5", "log.samples_every=100000")


def _kill(crew: Any, rank: int) -> float:
    """End a process without a word, and return how long the others take to end."""
    os.kill(crew.processes[rank].pid, signal.SIGKILL)
    began = time.monotonic()
    crew.wait()
    return time.monotonic() - began


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_the_death_of_one_ends_all_with_a_sentence(
    *, recipe: Recipe, crew: Any, runs: Any, tmp_path: Path, rank: int
) -> None:
    out = tmp_path / "run"
    crew.begin(recipe(), *LONG, "--out", str(out), size=3)
    runs.wait_for(out, 5)
    assert _kill(crew, rank) < 30  # on a busy machine; it takes a second
    statuses = crew.wait()
    assert statuses.pop(rank) == -signal.SIGKILL
    assert statuses == [1, 1]
    speaker = 1 if rank == 0 else 0
    sentence = f"error: Process {rank} of 3 ("
    command = f"torchrun --nproc-per-node 3 -m omnigan train {out}/recipe.yaml --out {out} --resume"
    for other in range(3):
        said = crew.said(other)
        assert (sentence in said) == (command in said) == (other == speaker), said
        assert "Traceback" not in said
    crew.train(recipe(), *LONG[1:], "train.steps=20", "--force", "--resume", "--out", str(out))
    assert runs.newest(out) == 20  # what was saved is whole


@pytest.mark.parametrize("ranks", [(0,), (1,), (0, 1)])
def test_a_request_to_one_stops_all_after_the_same_step(
    *, recipe: Recipe, crew: Any, alone: Any, runs: Any, tmp_path: Path, ranks: tuple[int, ...]
) -> None:
    out = tmp_path / "run"
    crew.begin(recipe(), *LONG, "--out", str(out))
    runs.wait_for(out, 5)
    for rank in ranks:
        crew.processes[rank].terminate()
    assert crew.wait() == [128 + signal.SIGTERM] * 2
    step = runs.newest(out)
    assert f"Stopped at step {step} of 100000, saved. Go on with:\n  torchrun" in crew.said(0)
    assert crew.said(1) == ""
    assert crew.train(recipe(), "train.steps=10", "--out", str(tmp_path / "short")) == [0, 0]


def _busy(waiting: int, seconds: float) -> None:
    """Join, and have one process do something that takes long."""
    joining.START, watch.GRACE = 2.0, 1.0
    with joined() as ranks:
        Path("joined").touch()
        if ranks.place.rank == waiting:
            time.sleep(seconds)
        print(ranks.from_first(lambda: "over"))


def test_a_process_that_is_busy_ends_as_well(crew: Any, tmp_path: Path) -> None:
    crew.start(_busy, 1, 1000.0)
    while not (tmp_path / "folder-1" / "joined").exists():
        time.sleep(0.01)
    assert _kill(crew, 0) < 30
    assert crew.wait()[1] == 1
    assert "error: Process 0 of 2 (" in crew.said(1)


def test_others_wait_for_the_first_longer_than_they_may_take_to_meet(crew: Any) -> None:
    crew.start(_busy, 0, 3.0)
    assert crew.wait() == [0, 0]
    assert crew.said(0) == crew.said(1) == "over\n"


def _other_weights(words: tuple[str, ...]) -> None:
    """Train, but one weight of the second process changes its last bit in step 7."""
    from omnigan.cli import main

    advance = Adversaries.advance

    def perturbed(self: Adversaries, data: Any) -> Any:
        if self.step == 7 and os.environ["RANK"] == "1":
            weight = next(self.discriminator.parameters())
            weight.data.view(torch.int32)[0, 0] ^= 1
        return advance(self, data)

    Adversaries.advance = perturbed  # type: ignore[method-assign]
    raise SystemExit(main(["train", *words]))


def test_weights_that_differ_in_one_bit_are_noticed_before_they_are_saved(
    recipe: Recipe, crew: Any, runs: Any, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    crew.start(_other_weights, (recipe(), "--out", str(out)))
    assert crew.wait() == [1, 1]
    assert "error: step 10: process 1 of 2 has other weights than process 0" in crew.said(0)
    assert crew.said(1) == ""
    assert runs.newest(out) == 0


# ---- mistakes ----------------------------------------------------------------------------------


def _with_own_file(path: str, words: tuple[str, ...]) -> None:
    """Train on a text file that each process has in a folder of its own."""
    from omnigan.cli import main

    watch.GRACE = 1.0
    words_of = {"0": "red blue green black", "1": os.environ.get("SECOND", "")}
    found = words_of[os.environ["RANK"]].split()
    if found:
        lines = [f"{a} {b} and {c} {d}" for a in found for b in found for c in found for d in found]
        Path("mine.txt").write_text("\n".join(lines))
    raise SystemExit(main(["train", path, *words]))


TEXT = {
    "domain": "text",
    "data": {"source": "mine.txt", "tokenizer": {"least": 1}},
    "generator": {"width": 8},
    "discriminator": {"width": 8, "size": 8},
    "train": {"steps": 2, "batch_size": 4, "device": "cpu", "threads": 1},
}


def test_a_file_that_one_machine_lacks_ends_all_with_its_name(recipe: Recipe, crew: Any) -> None:
    crew.start(_with_own_file, recipe(TEXT), ())
    assert crew.wait() == [2, 2]
    assert "error: process 1 of 2 (" in crew.said(0)
    assert "mine.txt" in crew.said(0)
    assert crew.said(0).count("error") == 1
    assert crew.said(1) == ""


def test_data_that_differ_are_refused(
    recipe: Recipe, crew: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew.start(_with_own_file, recipe(TEXT), (), environment={"SECOND": "red blue green grey"})
    assert crew.wait() == [2, 2]
    assert "cannot train together: their recipes differ" in crew.said(0)
    assert crew.said(1) == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train.rte=1"], "unknown key 'train.rte'"),
        (["train.batch_size=1"], "train.batch_size: 1 examples cannot be divided among 2"),
        (["train.device=mps"], "train.device"),
        (["data.nan_at=3"], "because training example 3"),
        (["train.rate=1e30"], "after going back 3 times"),
        (["--out", "/dev/null/run"], "--out: cannot write to"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_mistake_is_told_once(recipe: Recipe, crew: Any, words: list[str], sentence: str) -> None:
    first, second = crew.train(recipe(), *words)
    assert first == second != 0
    assert crew.said(0).count("error: ") == 1, crew.said(0)
    assert sentence in crew.said(0)
    assert crew.said(1) == ""
    assert "Traceback" not in crew.said(0)
