"""Runs that are broken at chosen and at random places go on exactly, or end in a sentence.

A few trials of each kind; ``benchmarks/faults.py`` makes hundreds.
"""

from __future__ import annotations

import errno
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

Kit = Callable[[str], ModuleType]
BenchOf = Callable[[str], Any]

pytestmark = pytest.mark.slow


@pytest.fixture
def plain(kit: Kit, bench: BenchOf) -> Callable[..., Any]:
    """Return a function that tries a fault on images, by far the quickest to train."""

    def attempt(name: str, *args: Any, domain: str = "image", **options: Any) -> Any:
        return getattr(kit("scenarios"), name)(bench(domain), *args, **options)

    return attempt


@pytest.mark.parametrize("domain", ["audio", "image", "music", "text"])
def test_a_run_of_every_domain_is_killed_and_goes_on(plain: Any, domain: str) -> None:
    outcome = plain("kill_at_random", random.Random(domain), kills=1, domain=domain)
    assert outcome.kind == "continued", outcome.detail


def test_a_kill_before_each_write_leaves_no_trace(plain: Any) -> None:
    outcome = plain("kill_ever_later", stride=5)
    assert outcome.kind == "continued", outcome.detail


@pytest.mark.parametrize("size", [100, 3000])
def test_a_kill_inside_a_file_leaves_no_trace(plain: Any, size: int) -> None:
    assert plain("kill_inside_file", size).kind == "continued"


def test_a_kill_while_the_cache_is_built_leaves_no_trace(plain: Any, bench: BenchOf) -> None:
    last = bench("image").cache_operations() - 1
    assert last > 2
    for number in (0, last):
        assert plain("kill_building_cache", number).kind == "continued"


@pytest.mark.parametrize("seed", range(2))
def test_signals_in_a_row_leave_no_trace(plain: Any, seed: int) -> None:
    outcome = plain("signals", random.Random(seed))
    assert outcome.kind == "continued", outcome.detail


@pytest.mark.parametrize("size", [0, 6000])
def test_files_that_cannot_grow_are_a_full_disk(plain: Any, size: int) -> None:
    outcome = plain("files_of_at_most", size)
    assert outcome.kind == "continued", outcome.detail


@pytest.mark.parametrize(
    ("error", "number"), [(errno.EROFS, 1), (errno.EIO, 45), (errno.EACCES, 80)]
)
def test_a_system_that_refuses_writes_is_one_sentence(plain: Any, error: int, number: int) -> None:
    outcome = plain("refused_operation", number, error, 10**9)
    assert outcome.kind == "continued", outcome.detail


@pytest.mark.parametrize(("kilobytes", "read_only"), [(40, False), (60_000, True)])
def test_a_disk_of_its_own_is_full_or_read_only(
    plain: Any, kilobytes: int, read_only: bool
) -> None:
    outcome = plain("real_disk", kilobytes, read_only=read_only)
    if outcome is None:
        pytest.skip("this user may not mount a disk")
    assert outcome.kind == "continued", outcome.detail


def test_a_cache_that_cannot_be_written_is_done_without(plain: Any) -> None:
    assert plain("refused_operation", 1, errno.ENOSPC, 10**9, cache=True).kind == "continued"
    assert plain("cache_in_the_way", "/dev/null/x").kind == "continued"


@pytest.mark.parametrize("name", ["checkpoints", "samples", "metrics.jsonl", "config.json"])
def test_what_is_in_the_way_is_named_and_nothing_is_lost(plain: Any, name: str) -> None:
    outcome = plain("file_in_the_way", name)
    assert outcome.kind == "continued", outcome.detail


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("damage", ["a folder instead", "a file instead of the checkpoint"])
def test_a_damaged_checkpoint_is_passed_over(plain: Any, damage: str, both: bool) -> None:
    outcome = plain("damaged_checkpoint", random.Random(0), damage, both=both)
    assert outcome.kind == "continued", outcome.detail


@pytest.mark.parametrize(
    ("domain", "damage"), [("image", "a bit flipped"), ("text", "a bit flipped")]
)
def test_a_damaged_cache_is_made_again(plain: Any, domain: str, damage: str) -> None:
    outcome = plain("damaged_cache", random.Random(0), damage, domain=domain)
    assert outcome.kind == "continued", outcome.detail


@pytest.mark.parametrize(("seconds", "back"), [(-3600.0, True), (3.2e7, False)])
def test_the_clock_has_no_say(plain: Any, seconds: float, back: bool) -> None:
    assert plain("clock_jumps", seconds, back=back).kind == "continued"


@pytest.mark.parametrize(
    ("domain", "how"),
    [("image", "all deleted"), ("image", "one is another's"), ("text", "one deleted")],
)
def test_other_data_are_refused_until_they_are_put_back(plain: Any, domain: str, how: str) -> None:
    outcome = plain("data_changed", random.Random(0), how, domain=domain)
    assert outcome.kind == "continued", outcome.detail


def test_data_may_go_while_a_run_trains(plain: Any) -> None:
    assert plain("data_gone_while_running").kind == "continued"


@pytest.mark.parametrize(
    ("where", "attempts"),
    [("data", 99), ("term", 1), ("term", 99), ("gradient", 1), ("gradient", 99), ("output", 99)],
)
def test_nan_is_said_in_words(plain: Any, where: str, attempts: int) -> None:
    outcome = plain("not_a_number", where, attempts)
    assert outcome.kind == "sentence", outcome.detail
    word = {"data": "training example 1 ", "term": "NaN", "gradient": "g_gradient", "output": "d_"}
    assert word[where] in outcome.detail
    ended = attempts > 1 or where == "data"
    assert ended == ("error: step " in outcome.detail)


def test_a_symbol_that_is_nan_is_said_in_words(plain: Any) -> None:
    """There is no symbol of that name, so the networks fail before a reading shows it."""
    outcome = plain("not_a_number", "data", 99, domain="text")
    assert outcome.kind == "sentence", outcome.detail
    assert "training example 1 " in outcome.detail


def test_two_runs_do_not_get_into_one_folder(plain: Any) -> None:
    outcome = plain("two_runs")
    assert outcome.kind == "continued", outcome.detail


def test_two_runs_build_one_cache(plain: Any) -> None:
    outcome = plain("two_caches")
    assert outcome.kind == "continued", outcome.detail


def test_a_killed_loader_is_said_in_words(plain: Any) -> None:
    outcome = plain("lost_worker", random.Random(0))
    assert outcome.kind == "continued", outcome.detail


def test_a_run_without_memory_is_said_in_words(plain: Any) -> None:
    outcome = plain("memory_of_at_most", 2**27)
    assert outcome.kind == "continued", outcome.detail


def test_a_command_that_is_killed_harms_no_run(plain: Any) -> None:
    outcome = plain("kill_command", random.Random(0), lambda out: ["report", str(out)])
    assert outcome.kind == "continued", outcome.detail
