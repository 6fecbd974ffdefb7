"""The two networks of a game, and everything beside them that training changes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from omnigan.domain import Domain
from omnigan.engine import seeds
from omnigan.engine.adaptive import Strength
from omnigan.engine.compiled import calls_of
from omnigan.engine.course import Course
from omnigan.engine.ema import frozen_copy
from omnigan.engine.losses import LOSSES
from omnigan.engine.update import Optimizers
from omnigan.recipe.schema import Train

__all__ = ["Players"]


class Players(Course):
    """The two networks, their optimisers and the moving average, at some step of a run.

    Args:
        domain: Gives the networks, latents, augmentation and auxiliary terms.
        train: The recipe's section.
        seed: Seed of every random draw.
        device: Where the networks live.

    Attributes:
        calls: How a step calls the networks.
        attempt: How often training went back because it diverged.
        kept: The moving average's weights with the best held-out likelihood, if any were kept.
    """

    def __init__(self, domain: Domain, train: Train, seed: int, device: torch.device) -> None:
        super().__init__(train)
        self.domain = domain
        self.seed = seed
        self.device = device
        self.loss = LOSSES[train.loss]
        self.strength = Strength(train)
        self.attempt = 0
        self.kept: Mapping[str, Tensor] | None = None
        seeds.seed_global(seed, "weights")
        self.generator = domain.generator()
        self.discriminator = domain.discriminator()
        domain.initialise(self.generator, self.discriminator)
        self.generator.to(device).train()
        self.discriminator.to(device).train()
        self.average = frozen_copy(self.generator)
        self.calls = calls_of(self.generator, self.discriminator, train.compile)
        self.optimizers = Optimizers(self.generator, self.discriminator)

    def end_likelihood(self) -> None:
        """End likelihood training at the present step, with the weights that were kept.

        Without such the moving average stays as it is. Adversarial training goes on from the
        moving average, and Adam starts afresh: its moments are of another loss.
        """
        if self.kept is not None:
            self.average.load_state_dict(self.kept)
        if self.train.objective == "adversarial":
            self.generator.load_state_dict(self.average.state_dict())
            self.optimizers.generator.state.clear()
        if self.step < self.total_steps:
            self.ended = self.step
        self.kept = None

    def set_rates(self) -> None:
        """Give the optimisers the rates of the present step."""
        optimizers = self.optimizers.generator, self.optimizers.discriminator
        for optimizer, rate in zip(optimizers, self.rates(), strict=True):
            for group in optimizer.param_groups:
                group["lr"], group["betas"] = rate, self.betas()

    def draws(self, stream: str, *numbers: int) -> torch.Generator:
        """Return the generator of a draw of the present step."""
        return seeds.generator(self.seed, stream, self.step, self.attempt, *numbers)

    def precision(self) -> AbstractContextManager[object]:
        """Return a context in which first-order work has the recipe's number format."""
        return torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.train.precision == "bf16"
        )
