"""Limits that the system sets to this process for a while. A plug-in of pytest."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

__all__ = ["files_of_at_most", "memory_more"]

Limit = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def files_of_at_most() -> Limit:
    """Return a context in which the system refuses files of more bytes, as a full disk would."""
    return lambda size: _limited(resource.RLIMIT_FSIZE, size)


@pytest.fixture
def memory_more() -> Limit:
    """Return a context in which this process gets so many bytes more than it has."""

    def limited(more: int) -> AbstractContextManager[None]:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[0])
        return _limited(resource.RLIMIT_AS, pages * resource.getpagesize() + more)

    return limited


@contextmanager
def _limited(kind: int, size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(kind, (soft, hard))
