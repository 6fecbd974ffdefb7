"""What several processes gain: seconds a step for one and for two, of one thread on one core each.

    python benchmarks/ranks.py
    python benchmarks/ranks.py --recipes image --processes 1 2 4

The batch is the recipe's, divided among the processes, so the work stays the same. Of the time of
a step, ``waiting`` is what the first process spends in the sums of all processes: sending, and
waiting for the slowest. Efficiency is the time of one process over that of all, added up. On
machines with fewer free cores than processes it says nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from typing import Any

import torch
import torch.distributed as dist

from omnigan.engine.health import as_floats, check_finite
from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.ranks import joined
from omnigan.engine.step import Adversaries
from omnigan.recipe.load import load_recipe

STRETCHES, LENGTH = 8, 8
"""Steps are timed in stretches: two rounds of the penalties that come every fourth step."""


class Meter:
    """Counts bytes and seconds of the sums over all processes."""

    def __init__(self) -> None:
        self.bytes: list[int] = []
        self.seconds = 0.0
        self._sum = dist.all_reduce

    def all_reduce(self, tensor: torch.Tensor, **options: Any) -> None:
        began = time.perf_counter()
        self._sum(tensor, **options)
        self.seconds += time.perf_counter() - began
        self.bytes.append(tensor.nbytes)


def work(name: str) -> None:
    """Be one process: train, and if it is the first say how long it took."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[int(os.environ.get("LOCAL_RANK", "0")) % len(cores)]})
    torch.set_num_threads(1)
    loaded = load_recipe(name, ["train.device=cpu"])
    domain = loaded.domain_class(loaded.domain_config).resolve()
    train, meter = loaded.recipe.train, Meter()
    with joined() as ranks:
        dist.all_reduce = meter.all_reduce
        players = Adversaries(domain, train, 0, torch.device("cpu"), ranks)
        source = domain.source("train")
        data = batches(BatchOrder(source, train.batch_size, 0, players.shares.own), 0, 0)
        times, waited = [], []
        for _ in range(1 + STRETCHES):
            began, meter.seconds, meter.bytes = time.perf_counter(), 0.0, []
            for _ in range(LENGTH):
                check_finite(as_floats(players.advance(data)), players.step)
            times.append((time.perf_counter() - began) / LENGTH)
            waited.append(meter.seconds / LENGTH)
        if ranks.first:
            found = {
                "step": statistics.median(times[1:]),
                "waiting": statistics.median(waited[1:]),
                "bytes": meter.bytes[:2],
                "batch": train.batch_size,
            }
            print(json.dumps(found))


def measure(name: str, size: int) -> dict[str, Any]:
    """Start so many processes and return what the first one found."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    common = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    count = str(size)
    started = []
    for rank in map(str, range(size)):
        own = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count}
        words = [sys.executable, __file__, "--work", name]
        environment = {**os.environ, **common, **own}
        started.append(subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True))
    said = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise SystemExit(f"{name} with {size} processes has failed")
    found: dict[str, Any] = json.loads(said[0].splitlines()[-1])
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipes", nargs="+", default=["image", "music"])
    parser.add_argument("--processes", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work)
        return
    print(
        "| recipe | batch | processes | seconds a step | of it waiting | efficiency "
        "| megabytes a sum, D and G |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in options.recipes:
        alone = 0.0
        for size in options.processes:
            found = measure(name, size)
            alone = alone or found["step"] * size
            sums = ", ".join(f"{each / 1e6:.2f}" for each in found["bytes"]) or "none"
            print(
                f"| `{name}` | {found['batch']} | {size} | {found['step']:.3f} "
                f"| {found['waiting'] / found['step']:.0%} "
                f"| {alone / (size * found['step']):.0%} | {sums} |",
                flush=True,
            )
    print(f"\n{STRETCHES} stretches of {LENGTH} steps, medians; torch {torch.__version__}")


if __name__ == "__main__":
    main()
