"""Text GANs where the truth is known: adversarial, likelihood and both, at equal CPU-seconds.

Run it alone on the machine, from the repository's root:

    python benchmarks/text_oracle.py train --seeds 0,1,2,3,4
    python benchmarks/text_oracle.py table
    python benchmarks/text_oracle.py picture --out docs/images/text-oracle.png

The data are drawn from a random network of known density, and so the Jensen-Shannon divergence
between generator and truth can be measured: in bits a sequence, 0 is perfect and 1 worst.
Temperatures divide the logits in sampling and in the density alike.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from budget import cpu_seconds, timings, train_within
from contest import spread

import omnigan
from omnigan.domain import Batch, Domain
from omnigan.evaluation.plot import Panel, Series, draw

RUNS = Path("runs/benchmark-text-oracle")
BUDGET = 200.0
SAMPLES = 5000
TEMPERATURES = (0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1)
METHODS = {
    "adversarial": ("text-oracle", []),
    "likelihood": (
        "text-oracle",
        ["train.objective=likelihood", "train.stopping={patience: 3, every: 140}"],
    ),
    "both": ("text-oracle-best", []),
}
DIVERGENCE = "JSD / ln 2"
SHOWN = ("KL(G||O)", "KL(O||G)", "oracle likelihood")


@dataclass(frozen=True)
class Point:
    """A run at one temperature.

    Attributes:
        temperature: Of the samples.
        scores: By name: the divergence, its error, what is in `SHOWN`, and ``held-out``, nats a
            token.
        unique: Different samples in all.
    """

    temperature: float
    scores: dict[str, float]
    unique: float


def held_out(domain: Domain) -> Batch:
    """Return as many held-out sequences as there will be samples, or all."""
    source, rng = domain.source("valid"), torch.Generator()
    return Batch.stack([source.read(n, rng) for n in range(min(SAMPLES, len(source)))])


def measure(run: Path, temperature: float) -> Point:
    """Draw samples from a run's moving average and compare densities."""
    trained = omnigan.load(run)
    real = held_out(trained.domain)
    made = trained.generate_for({"temperature": torch.full((SAMPLES,), temperature)}, 1)
    density = trained.density(real, wishes=[f"temperature={temperature:g}"])
    metrics = trained.domain.metrics()
    scores = {}
    for name in (DIVERGENCE, f"{DIVERGENCE} error", *SHOWN):
        compute = metrics[name].compute
        found = compute(made.x) if metrics[name].against is None else compute(made, real, density)
        assert isinstance(found, float)
        scores[name] = found
    assert density is not None
    scores["held-out"] = -float(density(real).mean()) / real.x.shape[1]
    return Point(temperature, scores, len(torch.unique(made.x, dim=0)) / len(made))


def runs(method: str) -> list[Path]:
    """Return the finished runs of a method, by seed."""
    return sorted(RUNS.glob(f"{method}-[0-9]*"))


def train(seeds: Sequence[int], methods: Sequence[str], budget: float) -> None:
    """Train what is missing."""
    for seed in seeds:
        for method in methods:
            recipe, overrides = METHODS[method]
            out = RUNS / f"{method}-{seed}"
            if not out.exists():
                # How long a warm-up lasts is not known before: such a recipe keeps its own steps.
                within = budget if recipe == "text-oracle" else None
                train_within(within, out, recipe, overrides, seed)


def table() -> None:
    """Print mean and range over seeds, at temperature 1 and at each seed's best, as Markdown."""
    head = ["method", "seeds", "steps", "CPU-seconds", "temperature", DIVERGENCE, *SHOWN, "unique"]
    print(f"{SAMPLES} samples of the moving average, one thread\n")
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    errors = []
    for method in METHODS:
        found = runs(method)
        if not found:
            continue
        points = [[measure(run, temperature) for temperature in TEMPERATURES] for run in found]
        ends = [timings(run)[-1] for run in found]
        facts = [
            *(method, str(len(found)), f"{statistics.mean(end['step'] for end in ends):.0f}"),
            f"{statistics.mean(map(cpu_seconds, ends)):.0f}",
        ]
        for name, chosen in _choices(points):
            columns = [[p.scores[score] for p in chosen] for score in (DIVERGENCE, *SHOWN)]
            cells = [*map(spread, columns), spread([p.unique for p in chosen])]
            print(f"| {' | '.join([*facts, name, *cells])} |", flush=True)
            errors += [point.scores[f"{DIVERGENCE} error"] for point in chosen]
    if errors:
        print(f"\nstandard error of a divergence: at most {max(errors):.4f}")


def _choices(points: Sequence[Sequence[Point]]) -> Iterator[tuple[str, list[Point]]]:
    yield "1", [point for seed in points for point in seed if point.temperature == 1]
    best = [min(seed, key=lambda point: point.scores[DIVERGENCE]) for seed in points]
    yield f"best ({spread([point.temperature for point in best])})", best


def picture(out: Path) -> None:
    """Draw the curves over temperatures of every run."""
    series = []
    for method in METHODS:
        for run in runs(method):
            points = [measure(run, temperature) for temperature in TEMPERATURES]
            path = [
                (p.scores["oracle likelihood"], p.scores["held-out"], f"{p.temperature:g}")
                for p in points
            ]
            series.append(Series(run.name, path))
    domain = omnigan.load(next(iter(runs("adversarial")))).domain
    truth = domain.metrics()["oracle likelihood"].compute(held_out(domain).x)
    assert isinstance(truth, float)
    names = "surprise of samples to the oracle", "surprise of real sequences to the generator"
    draw([Panel(*(f"{name} (nats a token)" for name in names), series, (truth, truth))], out)
    print(out)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["train", "table", "picture"])
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--cpu-seconds", type=float, default=BUDGET)
    parser.add_argument("--out", type=Path, default=RUNS / "curves.png")
    options = parser.parse_args()
    if options.action == "train":
        seeds = [int(seed) for seed in options.seeds.split(",")]
        train(seeds, options.methods.split(","), options.cpu_seconds)
    elif options.action == "table":
        table()
    else:
        picture(options.out)


if __name__ == "__main__":
    main()
