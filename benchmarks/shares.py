"""Where the time of finished runs went, the memory they took, and how fast their generators are.

    python benchmarks/shares.py runs/music-001 runs/image-001

Shares are of the wall-clock time since training began, from ``timings.jsonl``; what is left is
steps. The peak is of the whole process on a CPU, torch and data included, and of the tensors on a
GPU. Samples a second are drawn from the moving average on one thread.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import torch
from budget import timings

import omnigan

PARTS = ("checkpoints", "samples", "report", "evaluation", "held-out likelihood")
ROUNDS, COUNT = 5, 64


def speed(run: Path) -> float:
    """Return samples a second, the median of a few rounds."""
    trained = omnigan.load(run)
    trained.generate(COUNT)
    seconds = []
    for seed in range(ROUNDS):
        began = time.process_time()
        trained.generate(COUNT, seed)
        seconds.append(time.process_time() - began)
    return COUNT / statistics.median(seconds)


def row(run: Path) -> str:
    """Return a line of the table."""
    last = timings(run)[-1]
    spent = {part: last.get(part, 0.0) / last["seconds"] for part in PARTS}
    rest = 1 - sum(spent.values())
    peak = f"{last['peak_bytes'] / 2**20:.0f} MiB" if "peak_bytes" in last else "-"
    cells = [f"`{run.name}`", f"{last['cpu_seconds']:.0f}", f"{last['step']:,.0f}", f"{rest:.1%}"]
    cells += [*(f"{share:.2%}" for share in spent.values()), peak, f"{speed(run):,.0f}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    runs = parser.parse_args().runs
    torch.set_num_threads(1)
    names = [
        "run",
        "CPU-seconds",
        "steps",
        "steps' share",
        *PARTS,
        "peak memory",
        "samples a second",
    ]
    print("|", " | ".join(names), "|")
    print("|" + "---|" * len(names))
    for run in runs:
        print(row(run), flush=True)


if __name__ == "__main__":
    main()
