"""Works through many damaged inputs in a process with little memory and time for each."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fault_kit.children import Child
from fault_kit.harms import MemoryOfAtMost
from omnigan.errors import OmniganError

__all__ = ["Failure", "Report", "Untried", "fuzz"]

MEMORY = 3 * 2**29
"""Bytes that reading damaged input may take."""
HOURS = 4 * 3600.0
"""After which everything counts as hanging."""
SECONDS = 30
"""That one input may take."""
Case = Callable[[int], object]
"""Given a seed; returns, or raises an :class:`omnigan.errors.OmniganError` or :class:`Untried`."""


class Untried(Exception):
    """What this seed makes is not for this case, as work that would rightly take hours."""


@dataclass(frozen=True)
class Failure:
    """An input that was not dealt with.

    Attributes:
        seed: Of the input.
        detail: What happened.
    """

    seed: int
    detail: str


@dataclass
class Report:
    """What became of many inputs."""

    accepted: int = 0
    refused: int = 0
    failures: tuple[Failure, ...] = ()


def fuzz(case: Case, seeds: range, log: Path, seconds: float = SECONDS) -> Report:
    """Try a case with many seeds; a process that dies is replaced by another.

    Args:
        case: A function of a module, or a partial of one.
        seeds: The seeds.
        log: Name of a pipe that the process writes into.
        seconds: That one input may take.
    """
    report = Report()
    first = seeds.start
    while first < seeds.stop:
        work = partial(_work, case, first, seeds.stop, seconds)
        child = Child([], log, [MemoryOfAtMost(MEMORY)], work=work)
        ended = child.wait(limit=HOURS)
        done = list(_lines(ended.said))
        for seed, kind, detail in done:
            report.accepted += kind == "accepted"
            report.refused += kind == "refused"
            if kind == "failed":
                report.failures += (Failure(seed, detail),)
        first = done[-1][0] + 1 if done else first
        if ended.status == 0:
            break
        reason = "took too long" if ended.status == -signal.SIGALRM else f"status {ended.status}"
        report.failures += (Failure(first, f"{reason}: {ended.said[-2000:]}"),)
        first += 1
    return report


def _lines(said: str) -> Iterator[tuple[int, str, str]]:
    for line in said.splitlines():
        if line.startswith("@@ "):
            _, seed, kind, *rest = line.split(" ", 3)
            yield int(seed), kind, "".join(rest).replace("\\n", "\n")


def _work(case: Case, first: int, stop: int, seconds: float, words: list[str]) -> int:
    """Try seeds; an exception is noted, a signal ends the process."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for seed in range(first, stop):
        signal.setitimer(signal.ITIMER_REAL, seconds)
        kind, detail = "accepted", ""
        try:
            case(seed)
        except Untried:
            kind = "untried"
        except OmniganError as error:
            kind = "refused"
            if not str(error).strip():
                kind, detail = "failed", "an error without words"
        except BaseException:  # whatever it is, a person would see it
            kind, detail = "failed", traceback.format_exc()[-3000:].replace("\n", "\\n")
        signal.setitimer(signal.ITIMER_REAL, 0)
        os.write(1, f"@@ {seed} {kind} {detail}\n".encode("utf-8", "replace"))
    return 0
