"""A recipe against classic ones at equal CPU-seconds, several seeds: runs and a table."""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from budget import cpu_seconds, timings, train_within

import omnigan
from omnigan.evaluation.evaluate import Evaluation, Evaluator

__all__ = ["Contest", "command_line", "examples_a_second", "spread", "value"]

SECONDS = 5.0
"""For which speed is measured."""


@dataclass(frozen=True)
class Contest:
    """What is compared, and how.

    Attributes:
        folder: Of the runs.
        recipe: Name of the shipped recipe, also that of its runs.
        classic: Overrides that make a classic of it, by name.
        rates: Learning rates to try with each classic at the first seed.
        shown: Metrics of the table; by the first one a rate is chosen, less is better.
        budget: CPU-seconds of a run; None: as many steps as the recipe says.
        samples: Generated examples that are scored.
        features: What distributions are compared in.
        variants: Overrides that make a variant of it, by name, with its own rate; they are trained
            where they are asked for.
    """

    folder: Path
    recipe: str
    classic: Mapping[str, Sequence[str]]
    rates: Sequence[str]
    shown: Sequence[str]
    budget: float | None
    samples: int
    features: str = "auto"
    variants: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def score(self, run: Path) -> Evaluation:
        """Score a run's moving average."""
        trained = omnigan.load(run)
        evaluator = Evaluator(trained.domain, self.samples, 1, features=self.features)
        return evaluator.score(trained, self.samples)

    def train(self, methods: Sequence[str], seeds: Sequence[int], data: Sequence[str] = ()) -> None:
        """Train what is missing of each method's runs."""
        first = seeds[0]
        for method in methods:
            rates = self.rates if method in self.classic else ("",)
            tried = {f"{method}-{rate}".rstrip("-"): rate for rate in rates}
            for name, rate in tried.items():
                self._train(name, method, rate, first, data)
            if len(seeds) == 1:
                continue
            errors = {name: self._error(f"{name}-{first}") for name in tried}
            best = min(errors, key=errors.__getitem__)
            print(f"{method}: {self.shown[0]} {errors}, goes on with {best}", flush=True)
            for seed in seeds[1:]:
                self._train(best, method, tried[best], seed, data)

    def _error(self, run: str) -> float:
        return value(self.score(self.folder / run), self.shown[0])[0]

    def _train(self, name: str, method: str, rate: str, seed: int, data: Sequence[str]) -> None:
        out = self.folder / f"{name}-{seed}"
        chosen = [f"train.rate={rate}"] if rate else []
        if not out.exists():
            made_of = {**self.classic, **self.variants}.get(method, [])
            overrides = [*made_of, *chosen, *data]
            train_within(self.budget, out, self.recipe, overrides, seed)

    def table(self, more: Callable[[Path], str] | None = None) -> None:
        """Print the mean and the range over seeds of each method's scores, as Markdown.

        Args:
            more: Something else to print of a method's first run, in a last column.
        """
        groups: dict[str, list[Path]] = {}
        for run in sorted(self.folder.iterdir()):
            if not run.name.startswith("trial-"):
                groups.setdefault(run.name.rpartition("-")[0], []).append(run)
        budget = f"{self.budget:.0f} CPU-seconds" if self.budget else "the recipe's steps"
        print(f"{self.samples} samples of the moving average, {budget}, one thread\n")
        last = ["speed"] if more else []
        head = ["method", "seeds", "steps", "CPU-seconds", *self.shown, *last]
        print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
        floors: list[str] = []
        for name, runs in groups.items():
            scores = [self.score(run) for run in runs]
            floors = [f"{value(scores[0], metric)[1]:.3g}" for metric in self.shown]
            ends = [timings(run)[-1] for run in runs]
            seconds = statistics.mean(cpu_seconds(line) for line in ends)
            cells = [spread([value(each, metric)[0] for each in scores]) for metric in self.shown]
            cells += [more(runs[0])] if more else []
            facts = [name, str(len(runs)), str(ends[0]["step"]), f"{seconds:.0f}"]
            print(f"| {' | '.join([*facts, *cells])} |", flush=True)
        print(f"| {' | '.join(['real', '', '', '', *floors, *('' for _ in last)])} |")


def command_line(contest: Contest, description: str, data: str, labels: str) -> Contest | None:
    """Train or print, as the command line says.

    Args:
        contest: What is compared; its folder is that of all sets of data.
        description: Of the script.
        data: What ``--data`` names, for the help.
        labels: Which labels such data have, a value of ``data.labels``.

    Returns:
        The contest whose table is wanted, if that is the command.
    """
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("action", choices=["train", "table"])
    parser.add_argument("--set", default="default", help="a name for the runs' folder")
    parser.add_argument("--data", help=data)
    parser.add_argument("--recipe", default=contest.recipe, help="a variant of it")
    parser.add_argument(
        "--override",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="of every run; use --set",
    )
    parser.add_argument(
        "--methods", help="names, with commas; default: the recipe and all classics"
    )
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument(
        "--cpu-seconds", type=float, default=contest.budget, help="0: the recipe's own steps"
    )
    options = parser.parse_args()
    folder, seconds = contest.folder / options.set, options.cpu_seconds
    contest = replace(contest, folder=folder, budget=seconds or None, recipe=options.recipe)
    if options.action == "table":
        return contest
    chosen = [f"data.source={options.data}", f"data.labels={labels}"] if options.data else []
    chosen += options.override
    seeds = [int(seed) for seed in options.seeds.split(",")]
    methods = options.methods or ",".join([contest.recipe, *contest.classic])
    contest.train(methods.split(","), seeds, chosen)
    return None


def examples_a_second(run: Path) -> float:
    """Return how many examples one core makes in a second."""
    torch.set_num_threads(1)
    trained = omnigan.load(run)
    count, began = 0, time.process_time()
    while time.process_time() - began < SECONDS:
        count += len(trained.generate(64, count))
    return count / (time.process_time() - began)


def value(evaluation: Evaluation, metric: str) -> tuple[float, float]:
    """Return a metric's value and floor: of its first part, or of the part that is named.

    NaN where the data have no such metric.
    """
    row = next((row for row in evaluation.rows if metric in (row.metric, row.name)), None)
    return (math.nan, math.nan) if row is None else (row.value, row.floor)


def spread(values: Sequence[float]) -> str:
    """Return the mean and, of several, the range."""
    mean = f"{statistics.mean(values):.3g}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.3g} to {max(values):.3g})"
