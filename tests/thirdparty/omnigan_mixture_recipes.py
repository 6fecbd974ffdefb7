"""Recipes that train the mixture domain with every loss and penalty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def slopes(start: float, end: float) -> dict[str, Any]:
    """Return the settings of a penalty on slopes, its weight falling over the run.

    Slopes of 1 / sigma are needed, so weights, in units of the data, are small. A larger one at
    first has the critic smooth enough to find every mode; a smaller one later sharpens their edges.
    """
    return {"weight": {"start": start, "end": end}, "interval": 4}


FALLING = slopes(0.02, 0.004)


def both(penalty: Mapping[str, Any]) -> dict[str, Any]:
    """Return both penalties on slopes, alike."""
    return {"r1": penalty, "r2": penalty}


# How every loss and penalty trains. Adam's momentum is as in the engine's defaults, none: with it
# more modes are lost. On the ring a generator that still learns at the end goes on narrowing what
# lies between modes. One that learns faster than its critic now and then leaves a mode for good.
TRAIN: Mapping[str, Mapping[str, Any]] = {
    "ring": {"steps": 2500},
    "grid": {"steps": 5000, "generator_rate": {"start": 3e-3, "end": 1e-5}},
}
# A critic of the Wasserstein loss must not be steep anywhere, so it learns more per step.
SMOOTH: Mapping[str, Mapping[str, Any]] = {
    "ring": {
        "steps": 2000,
        "discriminator_steps": 2,
        "rate": {"start": 2e-3, "end": 1e-4},
        "generator_rate": {"start": 2e-3, "end": 1e-5},
        "penalties": both({"weight": {"start": 0.06, "end": 0.01}, "interval": 2}),
    },
    "grid": {
        "steps": 1500,
        "batch_size": 512,
        "discriminator_steps": 2,
        "rate": {"start": 2e-3, "end": 1e-4},
        "generator_rate": {"start": 2e-3, "end": 1e-4},
        "penalties": both({"weight": 0.03, "interval": 2}),
    },
}
LOSSES = ("relativistic", "non-saturating", "minimax", "hinge", "least-squares", "wasserstein")
# Penalties the default loss is trained with besides the default's.
PENALTIES: Mapping[str, Mapping[str, Any]] = {
    "gradient-penalty": {"gradient-penalty": slopes(0.1, 0.004)},
    "finite-difference-r1": {
        "finite-difference-r1": {**FALLING, "interval": 2, "sigma": 0.005},
        "r2": FALLING,
    },
}
GAMES = (*LOSSES, *PENALTIES)
# On the grid steeper units narrow what lies between regions of the latent space that go to
# different modes. So do more latent numbers; a smooth critic's generator does better with fewer.
PLAIN = {"width": 64, "speed": 12}
STEEP = {"width": 64, "speed": 20, "z": 2}
WIDE = {"width": 64, "speed": 20, "z": 16}


def training(name: str, source: str) -> dict[str, Any]:
    """Return the training section of a game on ``ring`` or ``grid``."""
    if name in PENALTIES:
        return {**TRAIN[source], "penalties": PENALTIES[name]}
    if name == "wasserstein":
        return {"loss": name, **SMOOTH[source]}
    return {"loss": name, "penalties": both(FALLING), **TRAIN[source]}


def generator(name: str, source: str) -> Mapping[str, Any]:
    """Return the generator's section of a game."""
    if source == "ring":
        return PLAIN
    return STEEP if name == "wasserstein" else WIDE


def recipe(name: str, source: str, seed: int) -> dict[str, Any]:
    """Return the recipe of a game on ``ring`` or ``grid``."""
    # A critic that must not be steep learns long waves better than short ones.
    waves = {"frequency": 1.5} if (name, source) == ("wasserstein", "grid") else {}
    return {
        "domain": "mixture",
        "seed": seed,
        "data": {"source": source},
        "generator": generator(name, source),
        "discriminator": {"width": 128, "depth": 2, "fourier": 32, **waves},
        "train": {
            "rate": {"start": 3e-3, "end": 1e-4},
            "betas": [0.0, 0.99],
            **training(name, source),
        },
    }
