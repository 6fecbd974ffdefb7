"""A checkpoint gives back what was saved, or says that it cannot."""

from __future__ import annotations

import errno
import json
import os
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omnigan.domain import Domain
from omnigan.engine import checkpoint
from omnigan.engine.content import tensors
from omnigan.engine.step import Adversaries

Players = Callable[..., Adversaries]
FILES = ("generator", "discriminator", "ema", "optimizers")
NAMES = [*(f"{name}.safetensors" for name in FILES), "state.json"]


@pytest.fixture
def players(points: Callable[..., Domain], game: Any) -> Players:
    def make(steps: int = 0, seed: int = 0, width: int = 8) -> Adversaries:
        domain = points(generator={"width": width})
        return game.after(domain, steps, seed=seed, batch_size=8, ema={"half_life": 3})

    return make


# ---- what is in it -----------------------------------------------------------------------------


def test_what_was_saved_comes_back_and_goes_on_alike(
    game: Any, players: Players, tmp_path: Path
) -> None:
    one = players(3)
    one.attempt = 2
    saved = checkpoint.save(tmp_path, one, {"journal": {"sums": {"a": 0.1}}})
    other = players(5, seed=9)
    state = checkpoint.restore(saved, other)
    assert (other.step, other.attempt) == (3, 2)
    assert state["journal"] == {"sums": {"a": 0.1}}
    assert game.saved(other) == game.saved(one)
    other.seed = one.seed
    for each in (one, other):
        game.advance(each, 2)
    assert game.saved(other) == game.saved(one)


def test_what_is_restored_is_no_view_of_the_files(
    game: Any, players: Players, tmp_path: Path
) -> None:
    one = players(2)
    saved = checkpoint.save(tmp_path, one, {})
    other = players()
    checkpoint.restore(saved, other)
    for path in saved.folder.iterdir():
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
    assert game.saved(other) == game.saved(one)


def test_going_back_to_the_first_step_forgets_the_optimizers(
    game: Any, players: Players, tmp_path: Path
) -> None:
    one = players()
    saved = checkpoint.save(tmp_path, one, {})
    fresh = game.saved(one)
    game.advance(one, 2)
    for state in one.optimizers.generator.state.values():
        state["exp_avg"].fill_(float("nan"))
    checkpoint.restore(saved, one)
    assert game.saved(one) == fresh


def test_files_are_tensors_and_json_and_nothing_else(players: Players, tmp_path: Path) -> None:
    one = players(2)
    folder = checkpoint.save(tmp_path, one, {}).folder
    assert folder.name == "step-00000002"
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
    assert json.loads((folder / "state.json").read_text())["examples"] == 16
    for part, values in tensors(one).items():
        data = (folder / f"{part}.safetensors").read_bytes()
        (size,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + size])
        assert header.pop("__metadata__") == {"format": "pt"}
        assert header.keys() == values.keys()
        for name, entry in header.items():
            start, end = (8 + size + offset for offset in entry["data_offsets"])
            found = np.frombuffer(data[start:end], np.float32).reshape(entry["shape"])
            assert entry["dtype"] == "F32"
            assert (found == values[name].numpy()).all()


# ---- interrupted writing -----------------------------------------------------------------------


def _failing(number: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that fails like a full disk when it is called for the n-th time."""
    calls = iter(range(10**6))

    def call(*args: Any, **options: Any) -> Any:
        if next(calls) == number:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args, **options)

    return call


POINTS = [
    *((Path, "write_bytes", number) for number in range(4)),
    *((Path, "write_text", number) for number in range(1)),
    *((os, "fsync", number) for number in range(6)),
    *((Path, "mkdir", number) for number in (0, 1)),
    (Path, "rename", 0),
]


@pytest.mark.parametrize("cleaning", [True, False], ids=["error", "kill"])
@pytest.mark.parametrize(
    ("owner", "name", "number"), POINTS, ids=[f"{name}-{number}" for _, name, number in POINTS]
)
def test_a_write_that_fails_anywhere_leaves_the_older_checkpoint_whole(
    game: Any,
    players: Players,
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    number: int,
    cleaning: bool,
) -> None:
    made = players(1)
    older = checkpoint.save(tmp_path, made, {})
    before = game.saved(made)
    game.advance(made, 1)
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, _failing(number, getattr(owner, name)))
        if not cleaning:  # as after a kill, nothing is tidied up
            patched.setattr(shutil, "rmtree", lambda *args, **options: None)
        with pytest.raises(OSError, match="No space"):
            checkpoint.save(tmp_path, made, {})
    assert checkpoint.find(tmp_path) == [older]
    left = [path.name for path in tmp_path.iterdir() if path != older.folder]
    assert all(name.startswith(".tmp-") for name in left)
    assert not (left and cleaning)
    checkpoint.restore(older, made)
    assert game.saved(made) == before
    newer = checkpoint.save(tmp_path, players(2), {})
    assert checkpoint.find(tmp_path) == [newer, older]
    assert len(list(tmp_path.iterdir())) == 2


def test_the_newest_few_are_kept(game: Any, players: Players, tmp_path: Path) -> None:
    made = players()
    for _ in range(5):
        game.advance(made, 1)
        checkpoint.save(tmp_path, made, {}, keep=3)
    assert [each.step for each in checkpoint.find(tmp_path)] == [5, 4, 3]
    (tmp_path / "step-00000007").mkdir()  # was damaged, and passed over
    (tmp_path / "step-9").mkdir()
    (tmp_path / "step-00000008").write_text("a file")
    game.advance(made, 1)
    checkpoint.save(tmp_path, made, {}, keep=2)
    assert [each.step for each in checkpoint.find(tmp_path)] == [7, 6, 5]
    assert (tmp_path / "step-9").is_dir()


def test_the_same_step_again_replaces_the_first(
    game: Any, players: Players, tmp_path: Path
) -> None:
    first, second = players(2), players(2, seed=5)
    checkpoint.save(tmp_path, first, {})
    saved = checkpoint.save(tmp_path, second, {})
    checkpoint.restore(saved, first)
    assert game.saved(first) == game.saved(second)
    assert checkpoint.find(tmp_path) == [saved]


def test_there_may_be_no_folder(tmp_path: Path) -> None:
    assert checkpoint.find(tmp_path / "absent") == []


@pytest.fixture(autouse=True)
def _no_leftovers(tmp_path: Path) -> Iterator[None]:
    yield
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".tmp-")]
