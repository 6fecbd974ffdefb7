"""Memory that tensors leave behind."""

from __future__ import annotations

import ctypes
import sys

import pytest
import torch

from omnigan.engine.allocator import keep_freed_memory

MIB, PAGE = 2**20, 4096


def faults() -> int:
    """Return how many pages the system has given this process."""
    resource = pytest.importorskip("resource")
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)


def use() -> None:
    """Fill 96 MiB in six tensors, and free them."""
    tensors = [torch.empty(16 * MIB, dtype=torch.uint8).fill_(1) for _ in range(6)]
    del tensors


def test_memory_that_is_freed_is_used_again_without_asking_the_system() -> None:
    if not keep_freed_memory():
        pytest.skip("this C library has no such setting")
    for _ in range(3):
        use()
    before = faults()
    for _ in range(4):
        use()
    assert faults() - before < 96 * MIB // PAGE  # what asking once instead of four times would take


@pytest.mark.parametrize("failure", [AttributeError("mallopt"), OSError("no such library")])
def test_another_c_library_is_left_as_it_is(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def library(name: str | None) -> object:
        raise failure

    monkeypatch.setattr(ctypes, "CDLL", library)
    assert not keep_freed_memory()


def test_another_system_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "CDLL", None)
    assert not keep_freed_memory()


def test_an_older_version_may_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        def __init__(self, name: str | None) -> None:
            assert name is None

        @staticmethod
        def mallopt(name: int, value: int) -> int:
            return 0

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", Library)
    assert not keep_freed_memory()
