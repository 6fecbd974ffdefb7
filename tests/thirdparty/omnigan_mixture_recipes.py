"""Recipes that train the mixture domain with every loss and penalty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Penalties are in units of the data: slopes of 1 / sigma are needed, so the weights are small.
SLOPES = {"weight": 0.006, "interval": 4}
BOTH = {"r1": SLOPES, "r2": SLOPES}
GAMES: Mapping[str, Mapping[str, Any]] = {
    "relativistic": {"loss": "relativistic", "penalties": BOTH},
    "non-saturating": {"loss": "non-saturating", "penalties": BOTH},
    "minimax": {"loss": "minimax", "penalties": BOTH},
    "hinge": {"loss": "hinge", "penalties": BOTH, "steps": 1500},
    "least-squares": {"loss": "least-squares", "penalties": BOTH},
    "wasserstein": {
        "loss": "wasserstein",
        "penalties": {"r1": {"weight": 0.03}, "r2": {"weight": 0.03}},
        "discriminator_steps": 2,
        "steps": 1300,
    },
    "gradient-penalty": {"penalties": {"gradient-penalty": {"weight": 0.1, "interval": 4}}},
    "finite-difference-r1": {
        "penalties": {"finite-difference-r1": {"weight": 0.006, "interval": 2, "sigma": 0.005}}
    },
}
STEPS = {"ring": 1000, "grid": 2000}


def recipe(name: str, source: str, seed: int) -> dict[str, Any]:
    """Return the recipe of a game on ``ring`` or ``grid``."""
    return {
        "domain": "mixture",
        "seed": seed,
        "data": {"source": source},
        "generator": {"width": 64, "speed": 12},
        "discriminator": {"width": 128, "depth": 2, "fourier": 32},
        "train": {
            "steps": STEPS[source],
            "rate": {"start": 3e-3, "end": 1e-4},
            "generator_rate": {"start": 5e-3, "end": 1e-5},
            "betas": [0.5, 0.9],
            **GAMES[name],
        },
    }
