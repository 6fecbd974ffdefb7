"""Damaged recipes, settings and data files end in a sentence or are passed over; none hangs.

Each seed damages in another way. Many are read in a process of little memory, with a time limit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

DOMAINS = ("audio", "image", "music", "text")
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize(
    ("kind", "count"), [("damaged_recipe", 80), ("damaged_settings", 20), ("damaged_data", 25)]
)
def test_damage_is_told(
    kit: Callable[[str], ModuleType], tmp_path: Path, domain: str, kind: str, count: int
) -> None:
    case = partial(getattr(kit("cases"), kind), domain)
    report = kit("fuzz").fuzz(case, range(count), tmp_path / "log")
    assert report.failures == ()
    assert report.accepted + report.refused == count
    assert report.refused > 0


@pytest.mark.parametrize(
    ("case", "word"), [("_hang", "took too long"), ("_raise", "ZeroDivisionError")]
)
def test_what_goes_wrong_is_found(
    kit: Callable[[str], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
    word: str,
) -> None:
    module = kit("fuzz")
    report = module.fuzz(getattr(kit("cases"), case), range(3), tmp_path / "log", seconds=1)
    (failure,) = report.failures
    assert failure.seed == 1
    assert word in failure.detail
    assert report.accepted == 2
