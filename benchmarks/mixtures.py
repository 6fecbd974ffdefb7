"""Losses and penalties on two mixtures of Gaussians: modes found, and points near a mode.

    python benchmarks/mixtures.py --seeds 0,1,2,3,4
    python benchmarks/mixtures.py --games hinge,wasserstein --mixtures grid

The domain is the one of the tests, as a third party would write it. The goal is reached when the
moving average covers every mode and 98 % of 10,000 samples lie within 3 sigma of one.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "thirdparty"))

import omnigan_mixture
from omnigan_mixture_recipes import GAMES, recipe

from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.step import Adversaries
from omnigan.recipe.load import load_recipe


def trained(values: dict[str, Any]) -> tuple[int, float, float]:
    """Return modes, share within 3 sigma and CPU-seconds of a recipe."""
    began = time.process_time()
    loaded = load_recipe(values)
    domain, train = loaded.domain_class(loaded.domain_config), loaded.recipe.train
    game = Adversaries(domain, train, loaded.recipe.seed, torch.device("cpu"))
    order = BatchOrder(domain.source("train"), train.batch_size, loaded.recipe.seed)
    data = batches(order, 0, 0)
    for _ in range(train.total_steps()):
        game.advance(data)
    with torch.no_grad():
        latent = domain.latent(10_000, torch.Generator().manual_seed(1))
        modes, share = domain.quality(game.average(**latent))
    return modes, share, time.process_time() - began


def row(name: str, source: str, seeds: list[int]) -> str:
    """Return a line of the table: the range over seeds."""
    runs = [trained(recipe(name, source, seed)) for seed in seeds]
    modes, shares, seconds = zip(*runs, strict=True)
    wanted = len(omnigan_mixture.centres(source))
    reached = sum(found == wanted and share >= 0.98 for found, share, _ in runs)
    return (
        f"| {name} | {source} | {min(modes)} to {max(modes)} "
        f"| {100 * min(shares):.1f} to {100 * max(shares):.1f} "
        f"| {reached} of {len(runs)} | {min(seconds):.0f} to {max(seconds):.0f} |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--games", default=",".join(GAMES), help="names, separated by commas")
    parser.add_argument("--mixtures", default="ring,grid")
    asked = parser.parse_args()
    seeds = [int(seed) for seed in asked.seeds.split(",")]
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, one thread, seeds {seeds}\n")
    print("| loss and penalties | mixture | modes | % within 3 sigma | seeds | CPU-seconds |")
    print("|---|---|---|---|---|---|")
    for name in asked.games.split(","):
        for source in asked.mixtures.split(","):
            print(row(name, source, seeds), flush=True)


if __name__ == "__main__":
    main()
