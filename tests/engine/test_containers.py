"""Memory that is free inside a container: files as Linux writes them, of both versions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from omnigan.engine import containers, device
from omnigan.engine.containers import memory_left
from omnigan.engine.device import free_memory

GIB = 2**30
NO_LIMIT = 9223372036854771712  # of version 1

Group = Callable[..., None]


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Group:
    """Return a function that writes the files of a control group."""
    monkeypatch.setattr(containers, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(containers, "OWN", tmp_path / "own")

    def make(place: str, names: tuple[str, str], limit: str | int, usage: int, stat: str) -> None:
        folder = tmp_path / "groups" / place
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in zip(names, (limit, usage), strict=True):
            (folder / name).write_text(f"{value}\n")
        (folder / "memory.stat").write_text(stat)

    return make


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str], object]:
    """Return a function that writes which groups this process is in."""
    return (tmp_path / "own").write_text


FIRST = ("memory.limit_in_bytes", "memory.usage_in_bytes")
SECOND = ("memory.max", "memory.current")


def test_a_limit_counts_without_files_that_only_stay_in_memory(
    group: Group, own: Callable[[str], object]
) -> None:
    own("0::/\n")
    group("", SECOND, 4 * GIB, 3 * GIB, f"anon {GIB}\nactive_file {GIB}\ninactive_file {GIB}\n")
    assert memory_left() == 3 * GIB
    group("", SECOND, "max", 3 * GIB, "anon 1\n")
    assert memory_left() is None
    group("", SECOND, GIB, 2 * GIB, "")
    assert memory_left() == 0


def test_each_group_around_counts(group: Group, own: Callable[[str], object]) -> None:
    own("0::/a.slice/b.scope\n")
    group("a.slice", SECOND, 2 * GIB, GIB, "")
    group("a.slice/b.scope", SECOND, 9 * GIB, 0, "")
    assert memory_left() == GIB
    group("a.slice/b.scope", SECOND, GIB, GIB // 2, "")
    assert memory_left() == GIB // 2


def test_the_first_version_has_other_names(group: Group, own: Callable[[str], object]) -> None:
    own("5:cpu:/docker/1\n4:memory:/docker/1\n0::/\n")
    stat = f"inactive_file 7\ntotal_inactive_file {GIB}\ntotal_active_file 0\n"
    group("memory", FIRST, 3 * GIB, 2 * GIB, stat)  # a container sees its own group as the top one
    assert memory_left() == 2 * GIB
    group("memory/docker/1", FIRST, NO_LIMIT, 0, "")
    assert memory_left() == 2 * GIB


def test_without_groups_there_is_no_limit(group: Group, own: Callable[[str], object]) -> None:
    assert memory_left() is None
    own("what is this\n0::/gone\n")
    assert memory_left() is None


@pytest.mark.parametrize(
    ("machine", "left", "free"),
    [(5, 3, 3), (3, 5, 3), (5, None, 5), (None, 3, 3), (None, None, None), (5, 0, 0)],
)
def test_free_is_what_both_the_machine_and_the_container_have(
    monkeypatch: pytest.MonkeyPatch, machine: int | None, left: int | None, free: int | None
) -> None:
    monkeypatch.setattr(device, "_told_by_linux", lambda file, name: machine)
    monkeypatch.setattr(device, "memory_left", lambda: left)
    assert free_memory(torch.device("cpu")) == free
