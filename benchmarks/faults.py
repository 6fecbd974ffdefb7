"""What becomes of runs that are killed, starved, misled and lied to: many trials, and a table.

    python benchmarks/faults.py --seed 0
    python benchmarks/faults.py --only kill --domains image text
    python benchmarks/faults.py --only recipes
    python benchmarks/faults.py --only exports --inputs 10000

Every trial trains a small recipe, breaks it, goes on with the same command and compares all files
with those of a run that nobody touched. Damaged recipes and data files are read by processes with
little memory and a time limit, and small recipes that are accepted in spite of damage train for
three steps. It takes a while; a trial that lost something is printed at once.
"""

from __future__ import annotations

import argparse
import errno
import itertools
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from fault_kit import cases, exports, scenarios
from fault_kit.fuzz import SECONDS, fuzz
from fault_kit.sources import DOMAINS
from fault_kit.trials import Bench, Outcome

Trial = Callable[[Bench], Outcome | None]
REFUSED = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES, errno.EMFILE)
DATA = ("all deleted", "one deleted", "one truncated", "one is another's")


@dataclass
class Row:
    """A line of the table."""

    domains: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)


def trials(bench: Bench, rng: random.Random, share: float) -> Iterator[tuple[str, Trial]]:
    """Yield what is tried on runs, with the name of its line.

    Args:
        bench: Trains.
        rng: Chooses moments and places.
        share: Of the operations on files that are tried one by one.
    """
    kill = "killed"
    for _ in range(6):
        yield f"{kill} at random moments, twice", lambda b: scenarios.kill_at_random(b, rng)
    yield f"{kill} before its 1st write, then its 2nd, ...", scenarios.kill_ever_later
    writes = range(len(bench.file_operations()))
    for number in spread(writes, share):
        yield f"{kill} before writing a file", partial(scenarios.kill_at_operation, number=number)
    for size in (100, 1500, 5000):
        yield f"{kill} inside a file", partial(scenarios.kill_inside_file, size=size)
    for number in spread(range(bench.cache_operations()), 5 * share):
        yield f"{kill} building the cache", partial(scenarios.kill_building_cache, number=number)
    for words in (["evaluate", "--samples", "12"], ["sample"], ["report"]):
        name = f"{kill} in evaluate, sample, report"
        command = partial(_on, words)
        yield name, lambda b, c=command: scenarios.kill_command(b, rng, c)  # type: ignore[misc]
    for _ in range(4):
        yield "SIGTERM, SIGINT, once or twice", lambda b: scenarios.signals(b, rng)
    yield from room(bench, rng, writes)
    yield from damage(rng)
    yield from others(rng)


def _on(words: list[str], out: Path) -> list[str]:
    return [words[0], str(out), *words[1:]]


def spread(numbers: range, share: float) -> list[int]:
    """Return a share of some numbers, evenly spread, the first always."""
    return list(numbers[:: max(1, round(1 / share))])


def room(bench: Bench, rng: random.Random, writes: range) -> Iterator[tuple[str, Trial]]:
    """Yield faults of the disk and the memory."""
    for size in (0, 100, 3000, 8000, 30000):
        yield "no file grows beyond a size", partial(scenarios.files_of_at_most, size=size)
    for kilobytes in (40, 400):
        disk = partial(scenarios.real_disk, kilobytes=kilobytes, read_only=False)
        yield "a small disk", disk
    disk = partial(scenarios.real_disk, kilobytes=60_000, read_only=True)
    yield "a disk that becomes read-only", disk
    for error in REFUSED:
        for times in (1, 10**9):
            number = rng.choice(writes)
            trial = partial(scenarios.refused_operation, number=number, error=error, times=times)
            yield "a file refused once, or all from then on", trial
    for error in (errno.ENOSPC, errno.EACCES):
        trial = partial(scenarios.refused_operation, number=1, error=error, times=10**9, cache=True)
        yield "the cache cannot be written", trial
    for cache in ("/dev/null/x", str(bench.recipe)):
        yield "the cache cannot be written", partial(scenarios.cache_in_the_way, cache=cache)
    for name in scenarios.IN_THE_WAY:
        yield "a file or folder in the way", partial(scenarios.file_in_the_way, name=name)
    for more in (2**23, 2**25, 2**27):
        yield "little memory", partial(scenarios.memory_of_at_most, more=more)


def damage(rng: random.Random) -> Iterator[tuple[str, Trial]]:
    """Yield damage to what was saved or read, and to numbers."""
    for name, both in itertools.product(scenarios.DAMAGES, (False, True)):
        row = "both checkpoints damaged" if both else "the newest checkpoint damaged"
        yield row, lambda b, n=name, w=both: scenarios.damaged_checkpoint(b, rng, n, both=w)  # type: ignore[misc]
    for name in ("truncated", "a bit flipped", "emptied", "deleted"):
        yield "the cache damaged", lambda b, n=name: scenarios.damaged_cache(b, rng, n)  # type: ignore[misc]
    for seconds, back in ((-3600.0, True), (3.2e7, False), (-2e9, False)):
        yield "the clock jumps", partial(scenarios.clock_jumps, seconds=seconds, back=back)
    for how in DATA:
        yield "other data when going on", lambda b, h=how: scenarios.data_changed(b, rng, h)  # type: ignore[misc]
    yield "the data deleted during training", scenarios.data_gone_while_running
    for where, attempts in itertools.product(("data", "term", "gradient", "output"), (1, 99)):
        yield "NaN", partial(scenarios.not_a_number, where=where, attempts=attempts)


def others(rng: random.Random) -> Iterator[tuple[str, Trial]]:
    """Yield faults of other processes."""
    yield "two runs into one folder at once", scenarios.two_runs
    yield "two runs build one cache at once", scenarios.two_caches
    yield "a loader process killed", lambda b: scenarios.lost_worker(b, rng)


INPUTS = {
    "recipes damaged": (cases.damaged_recipe, 1, SECONDS),
    "settings of a good recipe damaged": (cases.damaged_settings, 8, SECONDS),
    "accepted settings of damaged recipes trained": (cases.damaged_training, 40, 4 * SECONDS),
    "data files damaged": (cases.damaged_data, 8, SECONDS),
    "exports damaged": (exports.damaged_export, 1, 4 * SECONDS),
}
"""What is tried on damaged input: the case, one in how many of ``--inputs`` it gets, and the
seconds that each may take."""


def damaged_input(
    domain: str, folder: Path, seed: int, most: int, word: str
) -> Iterator[tuple[str, Outcome]]:
    """Yield what became of damaged recipes, settings and data whose line's name holds a word."""
    for name, (case, part, seconds) in INPUTS.items():
        if word not in name:
            continue
        seeds = range(seed, seed + max(1, most // part))
        report = fuzz(partial(case, domain), seeds, folder / "fuzz.log", seconds)
        for _ in range(report.accepted):
            yield name, Outcome("continued")
        for _ in range(report.refused):
            yield name, Outcome("sentence")
        for failure in report.failures:
            yield name, Outcome("lost", f"seed {failure.seed}: {failure.detail}")


def table(rows: dict[str, Row]) -> str:
    """Return the table."""
    lines = [
        "| fault | domains | tried | continued exactly | ended in a sentence | lost |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for name, row in rows.items():
        counts = [row.counts.total(), *(row.counts[k] for k in ("continued", "sentence", "lost"))]
        shown = " | ".join(f"{count:,}" for count in counts)
        lines.append(f"| {name} | {', '.join(sorted(row.domains))} | {shown} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--domains", nargs="+", default=DOMAINS, choices=DOMAINS)
    parser.add_argument("--only", default="", help="faults whose name holds this word")
    parser.add_argument("--inputs", type=int, default=4000, help="damaged recipes of each domain")
    parser.add_argument("--share", type=float, default=0.1, help="of a run's writes to try")
    chosen = parser.parse_args()
    rows: dict[str, Row] = {}

    def note(name: str, domain: str, outcome: Outcome) -> None:
        row = rows.setdefault(name, Row())
        row.domains.add(domain)
        row.counts[outcome.kind] += 1
        if outcome.kind == "lost":
            print(f"LOST {domain}: {name}: {outcome.detail}", flush=True)

    folder = Path(tempfile.mkdtemp(prefix="omnigan-faults-"))
    os.environ["OMNIGAN_CACHE"] = str(folder / "cache")
    for domain in chosen.domains:
        rng = random.Random(f"{chosen.seed} {domain}")
        bench = Bench(domain, folder / domain)
        for name, trial in trials(bench, rng, chosen.share):
            outcome = trial(bench) if chosen.only in name else None
            if outcome is not None:
                note(name, domain, outcome)
        inputs = damaged_input(domain, folder, chosen.seed, chosen.inputs, chosen.only)
        for name, outcome in inputs:
            note(name, domain, outcome)
        print(f"\n{domain} is done\n\n{table(rows)}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
