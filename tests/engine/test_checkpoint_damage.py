"""A damaged checkpoint is noticed, and nothing of it is used."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnigan.domain import Domain
from omnigan.engine import checkpoint
from omnigan.engine.checkpoint import BadCheckpoint, Checkpoint
from omnigan.engine.step import Adversaries
from omnigan.errors import UserError

Players = Callable[..., Adversaries]
Complaint = Callable[[Checkpoint, Adversaries], str]
FILES = ("generator", "discriminator", "ema", "optimizers")
NAMES = [*(f"{name}.safetensors" for name in FILES), "state.json"]


@pytest.fixture
def players(points: Callable[..., Domain], game: Any) -> Players:
    def make(steps: int = 0, seed: int = 0, width: int = 8) -> Adversaries:
        domain = points(generator={"width": width})
        return game.after(domain, steps, seed=seed, batch_size=8, ema={"half_life": 3})

    return make


@pytest.fixture
def saved(players: Players, tmp_path: Path) -> Checkpoint:
    return checkpoint.save(tmp_path, players(2), {"journal": {"bytes": 0}})


@pytest.fixture
def complaint(game: Any) -> Complaint:
    """Return a function that tells what restoring says, and sees that it changes nothing."""

    def ask(broken: Checkpoint, made: Adversaries) -> str:
        before = game.saved(made)
        with pytest.raises(BadCheckpoint) as caught:
            checkpoint.restore(broken, made)
        assert game.saved(made) == before
        return str(caught.value)

    return ask


@pytest.mark.parametrize("name", NAMES)
def test_a_truncated_file_is_noticed_wherever_it_ends(
    complaint: Complaint, saved: Checkpoint, players: Players, name: str
) -> None:
    path = saved.folder / name
    whole = path.read_bytes()
    made = players()
    for share in (0, 1e-9, 0.01, 0.3, 0.5, 0.9, 0.999):
        path.write_bytes(whole[: min(int(share * len(whole)) + (share > 0), len(whole) - 2)])
        said = complaint(saved, made)
        assert name in said
        assert "torn" in said
    path.write_bytes(whole)
    checkpoint.restore(saved, made)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(NAMES), share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_is_noticed(
    saved: Checkpoint, players: Players, name: str, share: float, bit: int
) -> None:
    path = saved.folder / name
    whole = path.read_bytes()
    data = bytearray(whole)
    data[int(share * (len(data) - 1))] ^= 1 << bit  # all but the last line end of state.json
    path.write_bytes(data)
    try:
        with pytest.raises(BadCheckpoint, match=saved.folder.name):
            checkpoint.restore(saved, players())
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_noticed(
    complaint: Complaint, saved: Checkpoint, players: Players, name: str
) -> None:
    (saved.folder / name).unlink()
    assert name in complaint(saved, players())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "3",
        "null",
        "{}",
        '{"format": 1}',
        "[" * 100_000,
        "\x00",
        '{"format": 1, "step": 2}',
    ],
    ids=lambda text: text[:12],
)
def test_a_foreign_state_is_noticed(
    complaint: Complaint, saved: Checkpoint, players: Players, text: str
) -> None:
    (saved.folder / "state.json").write_text(text)
    assert saved.folder.name in complaint(saved, players())


def test_another_format_is_named(complaint: Complaint, saved: Checkpoint, players: Players) -> None:
    path = saved.folder / "state.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    assert "written in format 2; this omnigan reads 1" in complaint(saved, players())


def test_swapped_files_are_noticed(
    complaint: Complaint, saved: Checkpoint, players: Players, tmp_path: Path
) -> None:
    made = players(3)
    other = checkpoint.save(tmp_path, made, {})
    for name in NAMES:
        mine, theirs = saved.folder / name, other.folder / name
        whole = mine.read_bytes()
        shutil.copy(theirs, mine)
        said = complaint(saved, made)
        assert "state.json does not belong to this folder" in said or f"{name} is torn" in said
        mine.write_bytes(whole)
    shutil.copy(saved.folder / "generator.safetensors", saved.folder / "ema.safetensors")
    assert "ema.safetensors is torn or was changed" in complaint(saved, made)


def test_networks_of_another_size_are_a_mistake(saved: Checkpoint, players: Players) -> None:
    with pytest.raises(UserError, match=r"generator\.safetensors does not fit .* \[8\] for \[9\]"):
        checkpoint.restore(saved, players(width=9))
