"""The kit that breaks runs, which ``benchmarks/faults.py`` uses as well."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="session", autouse=True)
def _kit() -> None:
    """Make the kit importable, here and in the processes that it starts."""
    if str(BENCHMARKS) not in sys.path:
        sys.path.append(str(BENCHMARKS))


@pytest.fixture
def kit() -> Callable[[str], ModuleType]:
    """Return a function that imports a module of the kit."""
    return lambda name: import_module(f"fault_kit.{name}")


@pytest.fixture(scope="session")
def benches(_kit: None) -> dict[str, Any]:
    return {}


@pytest.fixture
def bench(
    benches: dict[str, Any], kit: Callable[[str], ModuleType], tmp_path_factory: Any
) -> Callable[[str], Any]:
    """Return a function that gives what trains the small recipe of a domain, the same each time."""

    def make(domain: str) -> Any:
        if domain not in benches:
            folder = tmp_path_factory.mktemp(domain)
            benches[domain] = kit("trials").Bench(domain, folder / "bench")
        return benches[domain]

    return make
