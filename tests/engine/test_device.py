"""Which device and how many threads each of several processes gets."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

import pytest
import torch

import omnigan as api
from omnigan.engine.device import device_of, require_few, resident_memory, set_threads
from omnigan.engine.ranks.place import ALONE, Place
from omnigan.errors import UserError

FOUR = [Place(rank, 4, rank % 2, 2) for rank in range(4)]


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> list[torch.device]:
    """Pretend that there are two; return those that were chosen."""
    chosen: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(torch, "empty", lambda *size, **options: None)
    return chosen


@pytest.mark.parametrize("wish", ["auto", "cuda"])
def test_each_process_of_a_machine_has_its_own(two_gpus: list[torch.device], wish: str) -> None:
    found = [device_of(wish, place) for place in FOUR]
    assert [str(device) for device in found] == ["cuda:0", "cuda:1"] * 2
    assert two_gpus == found
    assert str(device_of(wish, ALONE)) == "cuda"


@pytest.mark.usefixtures("two_gpus")
def test_devices_that_cannot_be_shared_are_refused() -> None:
    with pytest.raises(UserError, match=r"3 processes share 2 CUDA devices .* Start 2 on it"):
        device_of("cuda", Place(2, 3, 2, 3))
    with pytest.raises(UserError, match=r"'cuda:1' is one device for 2 processes"):
        device_of("cuda:1", FOUR[0])
    assert str(device_of("cuda:1", Place(1, 2, 0, 1))) == "cuda:1"
    with pytest.raises(UserError, match=r"on CPUs or on CUDA devices, not on 'mps'"):
        device_of("mps", FOUR[0])


def test_any_number_of_processes_shares_a_cpu() -> None:
    assert device_of("cpu", FOUR[3]) == torch.device("cpu")


@pytest.mark.parametrize(
    ("cores", "processes", "threads"), [(16, 1, 8), (16, 2, 4), (64, 2, 8), (4, 8, 1)]
)
def test_processes_divide_the_threads(
    monkeypatch: pytest.MonkeyPatch, cores: int, processes: int, threads: int
) -> None:
    set_to: list[int] = []
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(torch, "set_num_threads", set_to.append)
    assert set_threads("auto", processes) == threads
    assert set_threads(3, processes) == 3
    assert set_to == [threads, 3]


def test_more_threads_than_cores_get_a_word_and_far_more_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert [require_few(wish, "train.threads") for wish in ("auto", 0, 4)] == [None] * 3
    warning = require_few(5, "train.threads")
    assert warning is not None
    assert warning.startswith("train.threads is 5, but this machine has 4 cores: ")
    assert require_few(32, "train.workers") is not None
    with pytest.raises(UserError, match=r"workers is 33, .* at most\. Set it to 4 or less"):
        require_few(33, "train.workers")


@pytest.mark.parametrize("key", ["train.threads", "train.workers"])
@pytest.mark.parametrize("wish", ["900", "100000000000000000000"])
def test_runs_with_crowds_are_refused_before_they_begin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str, wish: str
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    with pytest.raises(UserError, match=rf"{key}.* at most"):
        api.train({"domain": "image"}, [f"{key}={wish}"], out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_a_process_knows_what_memory_it_takes() -> None:
    found = resident_memory()
    assert found is not None
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert 2**24 < found <= 1.01 * peak, "torch alone takes more, and freed memory is not counted"
