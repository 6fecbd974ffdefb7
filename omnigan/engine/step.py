"""One step: the discriminator, then the generator, then its moving average.

In a likelihood step the discriminator is left alone. A step knows neither files nor clocks: the
trained weights are a function of the batches, the seed and the step number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial

import torch
from torch import Tensor, nn

from omnigan.adam import Adam
from omnigan.domain import Batch, Domain
from omnigan.engine.buffers import Buffers
from omnigan.engine.ema import decay_of, follow
from omnigan.engine.likelihood import TERM, over_tokens
from omnigan.engine.objectives import Objectives
from omnigan.engine.parts import Part, Shares, split
from omnigan.engine.phases import phase
from omnigan.engine.players import Players
from omnigan.engine.ranks.alone import Ranks
from omnigan.engine.update import Judge, Readings, frozen, update
from omnigan.recipe.schema import Train

__all__ = ["Adversaries", "Readings"]


class Adversaries(Players):
    """The players of a game, and how one step changes them.

    Args:
        domain: See :class:`Players`.
        train: The recipe's section.
        seed: Seed of every random draw.
        device: Where the networks live.
        ranks: The processes that share the work; None: there is one.

    Attributes:
        shares: How batches are divided.

    Raises:
        UserError: A batch cannot be divided among the processes.
    """

    def __init__(
        self,
        domain: Domain,
        train: Train,
        seed: int,
        device: torch.device,
        ranks: Ranks | None = None,
    ) -> None:
        super().__init__(domain, train, seed, device)
        self.ranks = ranks or Ranks()
        self.shares = Shares.of(train.batch_size, train.accumulate, self.ranks.place)
        self.objectives = Objectives(self)

    def require_terms(self, data: Iterator[Batch]) -> None:
        """Refuse a recipe that weighs auxiliary losses which the domain does not have.

        Args:
            data: This process's rows of a batch, which is drawn only if the recipe weighs any.

        Raises:
            UserError: It does.
        """
        if self.train.objective == "adversarial" and self.train.terms.keys() - {TERM}:
            # What cannot be computed at all is for the first step to tell, which knows the reasons.
            with suppress(IndexError, RuntimeError, ValueError):
                parts = self._parts(self._next(data), "latent-terms", 0)
                self.objectives.require_terms(next(parts))

    def advance(self, data: Iterator[Batch]) -> Readings:
        """Take one step, drawing one batch for each update of a network.

        Args:
            data: This process's rows of each batch.

        Returns:
            Readings of the whole batches.
        """
        self.set_rates()
        if self.step < self.likelihood_steps:
            readings = self._raise_likelihood(self._next(data))
        else:
            readings = self._play(data)
        decay = decay_of(self.train.ema, self.train.batch_size, self.total_steps, self.step)
        with phase("moving average"):
            follow(self.average, self.generator, decay)
        self.step += 1
        return readings

    def _raise_likelihood(self, batch: Batch) -> Readings:
        parts = split(batch, {}, self.shares)
        return self._update_generator(parts, self.objectives.likelihood)

    def _play(self, data: Iterator[Batch]) -> Readings:
        """Update both networks, each against the other."""
        readings: Readings = {}
        for turn in range(self.train.discriminator_steps):
            readings |= self._update_discriminator(self._next(data), turn)
            if self._lost(readings["d_gradient"]):
                return readings
        parts = self._parts(self._next(data), "latent-g", 0)
        # The critic only passes gradient on: its own weights need none here.
        with frozen(self.discriminator):
            readings |= self._update_generator(parts, self.objectives.generator)
        readings |= self.strength.follow(readings)
        controls = self.domain.controls(self.progress)
        return readings | {
            name: torch.tensor(value, device=self.device) for name, value in controls.items()
        }

    def _lost(self, gradient: Tensor) -> bool:
        """Tell whether an update has made the discriminator NaN: the step is not worth its rest.

        It would have the generator learn from NaN, on which some networks fail: perhaps in one
        process, while the others wait for it. A GPU that nobody else waits for is not asked, since
        that would wait for the GPU.
        """
        asked = self.device.type == "cpu" or self.ranks.place.size > 1
        return asked and not bool(gradient.isfinite())

    def _next(self, data: Iterator[Batch]) -> Batch:
        with phase("data"):
            return next(data).to(self.device)

    def _update_discriminator(self, batch: Batch, turn: int) -> Readings:
        parts = self._parts(batch, "latent-d", turn)
        judge = partial(self.objectives.discriminator, turn=turn)
        optimizer = self.optimizers.discriminator
        with phase("discriminator"):
            readings, norm = self._update(self.discriminator, optimizer, parts, judge)
        return readings | {"d_gradient": norm}

    def _update_generator(self, parts: Iterable[Part], judge: Judge) -> Readings:
        optimizer = self.optimizers.generator
        with phase("generator"):
            readings, norm = self._update(self.generator, optimizer, parts, judge)
        return over_tokens(readings) | {"g_gradient": norm}

    def _update(
        self, network: nn.Module, optimizer: Adam, parts: Iterable[Part], judge: Judge
    ) -> tuple[Readings, Tensor]:
        clip, ranks = self.train.clip, self.ranks
        # Both networks run in every update, whichever is trained.
        buffers = Buffers((self.generator, self.discriminator), self.shares.parts)
        return update(network, optimizer, parts, judge, clip=clip, buffers=buffers, ranks=ranks)

    def _parts(self, batch: Batch, stream: str, turn: int) -> Iterator[Part]:
        """Draw latents for a whole batch, and split both: parts make no difference to them."""
        drawn = self.domain.latent(self.shares.whole, self.draws(stream, turn))
        own = self.shares.own
        latent = {name: value[own].to(self.device) for name, value in drawn.items()}
        return split(batch, latent, self.shares)
