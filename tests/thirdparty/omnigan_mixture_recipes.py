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


CONSTANT = slopes(0.006, 0.006)
FALLING = slopes(0.02, 0.004)
STRONGER = slopes(0.06, 0.004)  # least squares: it loses modes of the grid with less


def rules(loss: str, penalty: Mapping[str, Any], **others: Any) -> dict[str, Any]:
    """Return the training section of a game with both penalties on slopes."""
    return {"loss": loss, "penalties": {"r1": penalty, "r2": penalty}, **others}


# Adam's as in the engine's defaults: without momentum fewer modes are lost.
CALM: Mapping[str, Any] = {"betas": [0.0, 0.99]}
# A generator that still learns at the end goes on narrowing what lies between modes.
WAKEFUL: Mapping[str, Any] = {"generator_rate": {"start": 5e-3, "end": 1e-4}}


def nearby(slope: Mapping[str, Any]) -> dict[str, Any]:
    """Return the default's penalties, with finite differences for the first."""
    return {"finite-difference-r1": {**slope, "interval": 2, "sigma": 0.005}, "r2": slope}


GAMES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "relativistic": {
        "ring": rules("relativistic", FALLING, steps=1500, **CALM, **WAKEFUL),
        "grid": rules("relativistic", FALLING, steps=3000, **CALM),
    },
    "non-saturating": {
        "ring": rules("non-saturating", FALLING, steps=1500, **CALM),
        "grid": rules("non-saturating", FALLING, **CALM),
    },
    "minimax": {
        "ring": rules("minimax", CONSTANT, steps=1500),
        "grid": rules("minimax", CONSTANT),
    },
    "hinge": {
        "ring": rules("hinge", CONSTANT, steps=1500),
        "grid": rules("hinge", FALLING, **CALM),
    },
    "least-squares": {
        "ring": rules("least-squares", FALLING, steps=1500, **CALM),
        "grid": rules("least-squares", STRONGER, **CALM),
    },
    "wasserstein": {
        "ring": rules("wasserstein", {"weight": 0.03}, discriminator_steps=2, steps=1300),
        "grid": rules(
            "wasserstein",
            {"weight": 0.03, "interval": 2},
            discriminator_steps=2,
            steps=1300,
            batch_size=512,
            rate={"start": 2e-3, "end": 1e-4},
            generator_rate={"start": 2e-3, "end": 1e-5},
            **CALM,
        ),
    },
    "gradient-penalty": {
        "ring": {"penalties": {"gradient-penalty": slopes(0.05, 0.05)}},
        "grid": {"penalties": {"gradient-penalty": slopes(0.1, 0.004)}, **CALM},
    },
    "finite-difference-r1": {
        "ring": {"penalties": nearby(CONSTANT)},
        "grid": {"penalties": nearby(FALLING), **CALM},
    },
}
STEPS = {"ring": 1000, "grid": 2000}
# Steeper units, and more latent numbers, narrow what lies between regions of the latent space that
# go to different modes; on the ring some games do as well with few numbers.
PLAIN = {"width": 64, "speed": 12}
STEEP = {"width": 64, "speed": 20}
WIDE = {"width": 64, "speed": 20, "z": 16}
GENERATORS = {
    ("relativistic", "ring"): PLAIN,
    ("non-saturating", "ring"): STEEP,
    ("minimax", "grid"): PLAIN,
    ("hinge", "ring"): PLAIN,
    ("least-squares", "ring"): STEEP,
    ("wasserstein", "ring"): PLAIN,
    ("gradient-penalty", "ring"): PLAIN,
    ("finite-difference-r1", "ring"): PLAIN,
}
# A critic that must not be steep learns long waves better than short ones.
CRITICS = {("wasserstein", "grid"): {"frequency": 1.5}}


def recipe(name: str, source: str, seed: int) -> dict[str, Any]:
    """Return the recipe of a game on ``ring`` or ``grid``."""
    case = name, source
    return {
        "domain": "mixture",
        "seed": seed,
        "data": {"source": source},
        "generator": GENERATORS.get(case, WIDE),
        "discriminator": {"width": 128, "depth": 2, "fourier": 32} | CRITICS.get(case, {}),
        "train": {
            "steps": STEPS[source],
            "rate": {"start": 3e-3, "end": 1e-4},
            "generator_rate": {"start": 5e-3, "end": 1e-5},
            "betas": [0.5, 0.9],
            **GAMES[name][source],
        },
    }
