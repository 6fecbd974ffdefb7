"""When likelihood training ends: where held-out examples stop becoming likelier."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

import torch

from omnigan.domain import Domain
from omnigan.engine.health import check_finite
from omnigan.engine.likelihood import nats_a_token
from omnigan.engine.step import Adversaries
from omnigan.errors import UserError
from omnigan.evaluation.real import read
from omnigan.recipe.schema import Recipe, Stopping, Train
from omnigan.sampling import Trained

__all__ = ["LikelihoodWatch", "after_likelihood_step", "stopping_of"]

LOOKS = 20
"""In the likelihood steps of a run, where the recipe leaves it open."""
MOST = 1000
"""Held-out examples looked at."""


def stopping_of(domain: Domain, train: Train) -> Stopping | None:
    """Return when likelihood training is to end early; None: never.

    Raises:
        UserError: There are no held-out examples to tell it by.
    """
    if train.stopping is not None and not len(domain.source("valid")):
        raise UserError("train.stopping: there are no held-out examples. Leave it out.")
    return train.stopping


class LikelihoodWatch:
    """Measures the likelihood of held-out examples, and keeps the weights that were best.

    Args:
        domain: Supplies the examples, the same ones at each look.
        train: The recipe's section.
        settings: Its ``stopping``.
        seed: Of every draw.

    Attributes:
        best: The largest mean log-likelihood of an example so far, in nats a place. The examples
            are always the same ones, so that it is best where the nats a token are fewest.
        step: When it was; None before the first look.
        since: Looks since then.
    """

    def __init__(self, domain: Domain, train: Train, settings: Stopping, seed: int) -> None:
        self.batch = read(domain, "valid", MOST, seed).batch
        self.domain = domain
        self.seed = seed
        self.patience = settings.patience
        often = -(-train.likelihood_steps() // LOOKS)
        self.every = settings.every.steps(train.batch_size) if settings.every else often
        self.best = -math.inf
        self.step: int | None = None
        self.since = 0

    @classmethod
    def wanted(cls, domain: Domain, recipe: Recipe) -> Self | None:
        """Return a watch if the recipe asks for one.

        Raises:
            UserError: There are no held-out examples.
        """
        settings = stopping_of(domain, recipe.train)
        return None if settings is None else cls(domain, recipe.train, settings, recipe.seed)

    def due(self, adversaries: Adversaries) -> bool:
        """Tell whether it is time to look: now and then, and after the last likelihood step."""
        last = adversaries.step == adversaries.likelihood_steps
        return last or adversaries.step % self.every == 0

    def look(self, adversaries: Adversaries) -> dict[str, float]:
        """Measure the moving average; keep its weights if it is the best so far.

        Returns:
            The held-out likelihood, as a reading: see :meth:`told`.

        Raises:
            Diverged: It is NaN or infinite.
        """
        # Another machine could find another last digit, and stop at another step.
        value = adversaries.ranks.from_first(lambda: self._measure(adversaries))
        check_finite({"held_out_likelihood": value}, adversaries.step)
        self.since += 1
        if value > self.best or self.step is None:
            self.best, self.step, self.since = value, adversaries.step, 0
            weights = adversaries.average.state_dict()
            adversaries.kept = {name: each.clone() for name, each in weights.items()}
        return {"held_out_likelihood": self.told(value)}

    def told(self, value: float) -> float:
        """Return a mean log-likelihood in nats a place as negative nats a token."""
        found = torch.full((len(self.batch),), value, dtype=torch.float64)
        found *= math.prod(self.domain.space.shape)
        return float(nats_a_token(self.domain, self.batch, found))

    def _measure(self, adversaries: Adversaries) -> float:
        """Return the mean log-likelihood of the held-out examples, in nats a place."""
        network, device = adversaries.average, adversaries.device
        trained = Trained(adversaries.domain, network, adversaries.step, device)
        density = trained.density(self.batch, self.seed)
        assert density is not None  # which was made sure of before training
        places = math.prod(adversaries.domain.space.shape)
        return float(density(self.batch).double().mean()) / places

    @property
    def exhausted(self) -> bool:
        """Whether the patience is at its end."""
        return self.since >= self.patience

    def state(self) -> dict[str, Any]:
        """Return JSON values for :meth:`restore`."""
        best = None if self.step is None else self.best
        return {"best": best, "step": self.step, "since": self.since}

    def restore(self, state: Mapping[str, Any] | None) -> None:
        """Go back to where :meth:`state` was taken; None: before the first look."""
        self.best, self.step, self.since = -math.inf, None, 0
        if state is not None and state["step"] is not None:
            self.best, self.step = float(state["best"]), int(state["step"])
            self.since = int(state["since"])


def after_likelihood_step(
    adversaries: Adversaries, watch: LikelihoodWatch | None
) -> tuple[dict[str, float], str | None]:
    """Look at held-out examples, and end likelihood training, each if it is time to.

    Args:
        adversaries: They have just taken a likelihood step.
        watch: If the recipe asks for one.

    Returns:
        Readings, and what to tell if likelihood training has ended.

    Raises:
        Diverged: A likelihood is NaN or infinite.
    """
    looking = watch is not None and watch.due(adversaries)
    readings = watch.look(adversaries) if watch and looking else {}
    exhausted = watch is not None and watch.exhausted
    if not exhausted and adversaries.step < adversaries.likelihood_steps:
        return readings, None
    adversaries.end_likelihood()
    return readings, _ending(adversaries, watch)


def _ending(adversaries: Adversaries, watch: LikelihoodWatch | None) -> str:
    """Say that likelihood training has ended, and with which weights."""
    warmup = adversaries.train.objective == "adversarial"
    what = "The warm-up ends" if warmup else "Likelihood training ends"
    if watch is None or watch.step is None:
        return f"{what} at step {adversaries.step}."
    return (
        f"{what} at step {adversaries.step} with the weights of step {watch.step}, whose held-out "
        f"likelihood is best: {watch.told(watch.best):.4f} nats a token."
    )
