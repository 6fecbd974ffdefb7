"""Where the time of runs goes, the memory they take, and how fast their generators are.

    python benchmarks/shares.py
    python benchmarks/shares.py --recipes text --steps 40
    python benchmarks/shares.py --runs runs/music-001 runs/image-001

Without runs it trains a fifth of each default recipe, one thread, each in a process of its own,
with samples and checkpoints as often as the whole run has them, and ten evaluations a run; with
fewer steps than lie between two of them there is one of each, and their shares are too large.

Shares are of the wall-clock time since training began, from ``timings.jsonl``; what is left is
steps. The peak is of the whole process on a CPU, torch and data included, and of the tensors on a
GPU. The share of the steps in which they wait for data is of a second run, of a few steps with
``--profile``. Samples a second are drawn from the moving average on one thread.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from budget import timings

import omnigan
from omnigan.recipe.load import load_recipe

RECIPES = ("music", "image", "audio", "text")
PART, EVALUATIONS, OFTEN = 5, 10, 20
"""The share of a run that is trained, its evaluations, and its other looks where it names none."""
PROFILED = 14
"""Steps that ``--profile`` needs."""
PARTS = ("checkpoints", "samples", "report", "evaluation", "held-out likelihood")
ROUNDS, COUNT = 5, 64


def trained(name: str, folder: Path, steps: int | None) -> Path:
    """Train a part of a recipe, once as it is and once profiled, and return the first run."""
    recipe = load_recipe(name).recipe
    whole, size, log = recipe.train.total_steps(), recipe.train.batch_size, recipe.log
    steps = steps or whole // PART
    often = {
        "samples_every": log.samples_every.steps(size) if log.samples_every else whole // OFTEN,
        "checkpoint_every": (
            log.checkpoint_every.steps(size) if log.checkpoint_every else whole // OFTEN
        ),
        "evaluate_every": whole // EVALUATIONS,
    }
    # The last line of timings.jsonl is written before what the last step has looked at.
    fitting = {key: every if every < steps else max(1, steps // 2) for key, every in often.items()}
    looks = [f"log.{key}={every}" for key, every in fitting.items()]
    run = folder / name
    _train(name, run, [f"train.steps={steps}", "log.every=1", *looks])
    _train(name, folder / f"{name}-profiled", [f"train.steps={PROFILED}"], "--profile")
    return run


def _train(name: str, out: Path, settings: list[str], *options: str) -> None:
    always = ["train.threads=1", "train.device=cpu", "train.warmup=null"]
    words = ["train", name, *settings, *always, "--out", str(out), *options]
    done = subprocess.run(
        [sys.executable, "-m", "omnigan", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr}")


def waiting(run: Path) -> str:
    """Return the share of its steps in which a run waits for data, if it was profiled."""
    for folder in (run, run.parent / f"{run.name}-profiled"):
        file = folder / "profile.txt"
        found = re.search(r"([\d.]+%) .* data$", file.read_text(), re.M) if file.exists() else None
        if found:
            return found[1]
    return "-"


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
    cells += [waiting(run)]
    cells += [*(f"{share:.2%}" for share in spent.values()), peak, f"{speed(run):,.0f}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", nargs="+", type=Path, default=[], help="that exist")
    parser.add_argument("--recipes", nargs="+", default=RECIPES, help="to train else")
    parser.add_argument("--steps", type=int, help="of each (a fifth of its own)")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    names = ["run", "CPU-seconds", "steps", "steps' share", "of it waiting for data"]
    names += [*PARTS, "peak memory", "samples a second"]
    print("|", " | ".join(names), "|")
    print("|" + "---|" * len(names))
    with tempfile.TemporaryDirectory(prefix="omnigan-shares-") as folder:
        made = (trained(name, Path(folder), chosen.steps) for name in chosen.recipes)
        for run in chosen.runs or made:
            print(row(run), flush=True)


if __name__ == "__main__":
    main()
