"""Which device and how many threads each of several processes gets."""

from __future__ import annotations

import os
import resource
import sys

import pytest
import torch

from omnigan.engine.device import device_of, resident_memory, set_threads
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


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_a_process_knows_what_memory_it_takes() -> None:
    found = resident_memory()
    assert found is not None
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert 2**24 < found <= 1.01 * peak, "torch alone takes more, and freed memory is not counted"
