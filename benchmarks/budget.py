"""Runs of equal CPU-seconds, for the other benchmarks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import omnigan

__all__ = ["cpu_seconds", "timings", "train_within"]

TRIAL = 60
"""Steps of the trial that tells how many fit a budget."""


def timings(run: Path) -> list[dict[str, float]]:
    """Return the lines of a run's ``timings.jsonl``."""
    return [json.loads(line) for line in (run / "timings.jsonl").read_text().splitlines()]


def cpu_seconds(line: dict[str, float]) -> float:
    """Return the CPU-seconds of training up to a line, without rendering samples."""
    return line["cpu_seconds"] - line["samples"]


def train_within(
    budget: float | None, out: Path, recipe: str, overrides: Sequence[str], seed: int
) -> None:
    """Train a recipe on one thread, with as many steps as fit a budget of CPU-seconds.

    Args:
        budget: CPU-seconds; None keeps the recipe's own steps.
        out: The run folder; a trial run beside it, if there was none yet, measures a step's cost.
        recipe: Name of a shipped recipe.
        overrides: ``KEY=VALUE`` texts.
        seed: Of the run.
    """
    settings = [*overrides, "train.threads=1", "train.device=cpu", "log.every=20"]
    steps = []
    if budget is not None:
        trial = out.parent / f"trial-{out.name.rpartition('-')[0]}"
        if not (trial / "timings.jsonl").exists():
            short = [f"train.steps={TRIAL}", f"log.samples_every={TRIAL}"]
            omnigan.train(recipe, [*settings, *short], out=trial)
        first, *_, last = timings(trial)
        each = (cpu_seconds(last) - cpu_seconds(first)) / (last["step"] - first["step"])
        steps = [f"train.steps={int(budget / each)}"]
    omnigan.train(recipe, [*settings, *steps, f"seed={seed}"], out=out)
    print(f"{out}: {cpu_seconds(timings(out)[-1]):.0f} CPU-seconds", flush=True)
