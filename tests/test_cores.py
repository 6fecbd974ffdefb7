"""How many cores and threads a process may use."""

from __future__ import annotations

import os

import pytest

from omnigan.cores import cores, most_threads


def test_cores_are_those_that_the_process_may_run_on() -> None:
    allowed = os.sched_getaffinity(0)
    assert cores() == len(allowed)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize(
    ("allowed", "most"), [("1", 1), ("3", 3), ("64", 4), ("", 4), ("0", 4), ("2,1", 4), ("²", 4)]
)
def test_threads_are_as_many_as_cores_or_as_are_allowed(
    allowed: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnigan.cores.cores", lambda: 4)
    monkeypatch.setenv("OMP_NUM_THREADS", allowed)
    assert most_threads() == most
