"""Every loss and penalty trains mixtures whose modes are known."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import pytest
import torch

from omnigan.engine.loading import BatchOrder, batches
from omnigan.engine.step import Adversaries
from omnigan.recipe.load import load_recipe

SEEDS = range(2)  # a benchmark tries five, on both
OTHERS = [
    "non-saturating",
    "minimax",
    "hinge",
    "least-squares",
    "wasserstein",
    "gradient-penalty",
    "finite-difference-r1",
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "source", "seed"),
    [
        *(("relativistic", "ring", seed) for seed in SEEDS),
        ("relativistic", "grid", 0),
        *((name, "ring", 0) for name in OTHERS),
    ],
)
def test_every_mode_is_found_and_samples_lie_near_one(
    mixture: ModuleType, name: str, source: str, seed: int
) -> None:
    recipe = import_module("omnigan_mixture_recipes").recipe(name, source, seed)
    loaded = load_recipe(recipe)
    domain, train = loaded.domain_class(loaded.domain_config), loaded.recipe.train
    game = Adversaries(domain, train, seed, torch.device("cpu"))
    data = batches(BatchOrder(domain.source("train"), train.batch_size, seed), 0, 0)
    for _ in range(train.total_steps()):
        game.advance(data)
    latent = domain.latent(10_000, torch.Generator().manual_seed(1))
    with torch.no_grad():
        modes, share = domain.quality(game.average(**latent))
    assert modes == len(mixture.centres(source))
    assert share >= 0.98
