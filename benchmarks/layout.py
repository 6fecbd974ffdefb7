"""What channels-last weights save: CPU-seconds of a step with them over those without.

    python benchmarks/layout.py image audio

Two games of the same recipe take turns in short stretches on one thread; the table shows the ratio
of each pair of stretches.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator

import torch

from omnigan.domain import Batch
from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.step import Adversaries
from omnigan.recipe.load import LoadedRecipe, load_recipe

STRETCHES, STEPS = 12, 4
LAYOUTS = {True: torch.channels_last, False: torch.contiguous_format}


def game(loaded: LoadedRecipe, channels_last: bool) -> tuple[Adversaries, Iterator[Batch]]:
    """Return the players, their weights laid out as wanted, and their data."""
    domain, train = loaded.domain_class(loaded.domain_config).resolve(), loaded.recipe.train
    players = Adversaries(domain, train, 0, torch.device("cpu"))
    for network in (players.generator, players.discriminator, players.average):
        for weight in network.parameters():
            if weight.dim() == 4:
                weight.data = weight.data.to(memory_format=LAYOUTS[channels_last])
    return players, batches(BatchOrder(domain.source("train"), train.batch_size, 0), 0, 0)


def seconds(players: Adversaries, data: Iterator[Batch]) -> float:
    """Return the CPU-seconds of one stretch."""
    began = time.process_time()
    for _ in range(STEPS):
        players.advance(data)
    return time.process_time() - began


def row(name: str) -> str:
    """Measure a recipe; return a line of the table."""
    loaded = load_recipe(name)
    games = [game(loaded, channels_last) for channels_last in (True, False)]
    for each in games:
        seconds(*each)
    pairs = [(seconds(*games[0]), seconds(*games[1])) for _ in range(STRETCHES)]
    ratios = sorted(with_it / without for with_it, without in pairs)
    return f"| `{name}` | {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}) |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="*", default=["image", "audio", "vocoder", "music"])
    recipes = parser.parse_args().recipes
    torch.set_num_threads(1)
    print(f"{STRETCHES} pairs of {STEPS} steps, one thread, torch {torch.__version__}\n")
    print("| recipe | channels-last over contiguous |\n|---|---|")
    for name in recipes:
        print(row(name), flush=True)


if __name__ == "__main__":
    main()
