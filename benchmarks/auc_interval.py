"""How often the interval that ``omnigan score`` prints for its AUC holds the true value.

    python benchmarks/auc_interval.py

Logits of real and of generated examples are drawn from two normal distributions, for which the area
is known; 250 of each is what ``omnigan score`` measures by default. An interval of 95 % should hold
the truth in 95 of 100 draws.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import numpy as np

from omnigan.scoring.ranking import auc, auc_interval

COUNTS = (20, 50, 100, 250)
# by how much real logits are larger, and how many times as spread
SHAPES = ((0, 1), (0, 3), (0.5, 1), (1.5, 1), (1.5, 3), (3, 1), (3, 0.3))
DRAWS = 5000


def held(shift: float, spread: float, count: int, rng: np.random.Generator) -> float:
    """Return the share of intervals that hold the true area."""
    truth = area(shift, spread)
    found = 0
    for _ in range(DRAWS):
        real, generated = rng.normal(shift, spread, count), rng.normal(0, 1, count)
        low, high = auc_interval(auc(real, generated), count, count)
        found += low <= truth <= high
    return found / DRAWS


def area(shift: float, spread: float) -> float:
    """Return the chance that a real logit is the larger one."""
    return NormalDist().cdf(shift / sqrt(1 + spread**2))


def main() -> None:
    rng = np.random.default_rng(0)
    columns = [f"{count} of each" for count in COUNTS]
    print(f"Per cent of {DRAWS} intervals that hold the true area\n")
    print(f"| real logits | AUC | {' | '.join(columns)} |")
    print("|---" * (2 + len(columns)) + "|")
    shares = []
    for shift, spread in SHAPES:
        row = [100 * held(shift, spread, count, rng) for count in COUNTS]
        shares += row
        cells = " | ".join(f"{share:.1f}" for share in row)
        logits = f"{shift:g} larger, {spread:g} times as spread"
        print(f"| {logits} | {area(shift, spread):.3f} | {cells} |")
    print(f"\nFrom {min(shares):.1f} to {max(shares):.1f}.")


if __name__ == "__main__":
    main()
