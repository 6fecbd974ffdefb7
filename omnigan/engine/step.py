"""One step: the discriminator, then the generator, then its moving average.

In a likelihood step the discriminator is left alone. A step knows neither files nor clocks: the
trained weights are a function of the batches, the seed and the step number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from omnigan.domain import (
    Batch,
    Conditions,
    Domain,
    EmbeddingDiscriminator,
    Judgement,
    Judgements,
)
from omnigan.engine import losses, seeds
from omnigan.engine.adaptive import Strength
from omnigan.engine.course import Course
from omnigan.engine.ema import decay_of, follow, frozen_copy
from omnigan.engine.likelihood import TERM, likelihood_loss
from omnigan.engine.losses import LOSSES, Judged
from omnigan.engine.penalties import Ingredients, penalty
from omnigan.engine.schedules import at
from omnigan.engine.update import Judge, Optimizers, Part, Readings, frozen, split, update
from omnigan.errors import UserError, did_you_mean, listed
from omnigan.recipe.schema import Train

__all__ = ["Adversaries", "Readings"]


class Adversaries(Course):
    """The two networks, their optimisers, the moving average, and how one step changes them.

    Args:
        domain: Gives the networks, latents, augmentation and auxiliary terms.
        train: The recipe's section.
        seed: Seed of every random draw.
        device: Where the networks live.

    Attributes:
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
        self.optimizers = Optimizers(self.generator, self.discriminator)

    def advance(self, data: Iterator[Batch]) -> Readings:
        """Take one step, drawing one batch for each update of a network."""
        seeds.seed_global(self.seed, "networks", self.step, self.attempt)
        self._set_rates()
        if self.step < self.likelihood_steps:
            readings = self._raise_likelihood(next(data).to(self.device))
        else:
            readings = self._play(data)
        decay = decay_of(self.train.ema, self.train.batch_size, self.total_steps, self.step)
        follow(self.average, self.generator, decay)
        self.step += 1
        return readings

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

    # ---- the updates -----------------------------------------------------------------------

    def _raise_likelihood(self, batch: Batch) -> Readings:
        def judge(part: Part) -> tuple[Tensor, Readings]:
            loss = self._unlikelihood(part)
            return loss, {"likelihood_loss": loss.detach()}

        parts = split(batch, {}, self.train.accumulate)
        return self._update_generator_by(parts, judge)

    def _unlikelihood(self, part: Part) -> Tensor:
        rng = self._draws("likelihood", part.index)
        with self._precision():
            return likelihood_loss(self.domain, self.generator, part.real, rng)

    def _play(self, data: Iterator[Batch]) -> Readings:
        """Update both networks, each against the other."""
        readings: Readings = {}
        for turn in range(self.train.discriminator_steps):
            readings |= self._update_discriminator(next(data).to(self.device), turn)
        readings |= self._update_generator(next(data).to(self.device))
        readings |= self.strength.follow(readings)
        controls = self.domain.controls(self.progress)
        return readings | {
            name: torch.tensor(value, device=self.device) for name, value in controls.items()
        }

    def _update_discriminator(self, batch: Batch, turn: int) -> Readings:
        def judge(part: Part) -> tuple[Tensor, Readings]:
            with torch.no_grad(), self._precision():
                fake = self._generate(part)
            critic = self._critic(part.real.cond, self._draws("augment-d", turn, part.index))
            with self._precision():
                judged_real, judged_fake = critic(part.real.x), critic(fake)
            loss = losses.discriminator(self.loss, judged_real, judged_fake)
            readings = losses.verdict(judged_real, judged_fake) | {"d_loss": loss.detach()}
            readings |= self.strength.measure(judged_real, judged_fake)
            return self._penalise(loss, readings, part, fake, turn)

        parts = self._parts(batch, "latent-d", turn)
        readings, norm = update(
            self.discriminator, self.optimizers.discriminator, parts, judge, self.train.clip
        )
        return readings | {"d_gradient": norm}

    def _penalise(
        self, loss: Tensor, readings: Readings, part: Part, fake: Tensor, turn: int
    ) -> tuple[Tensor, Readings]:
        """Add the penalties that are due."""
        number = self.step * self.train.discriminator_steps + turn
        rng = self._draws("penalty", turn, part.index)
        given = self._ingredients(part, fake, turn, rng)
        for name, settings in self.train.penalties.items():
            if number % settings.interval == 0:
                value = penalty(name, given, settings)
                loss = loss + at(settings.weight, self.progress) * settings.interval * value
                readings[name] = value.detach()
        return loss, readings

    def _update_generator(self, batch: Batch) -> Readings:
        def judge(part: Part) -> tuple[Tensor, Readings]:
            real = part.real
            critic = self._critic(real.cond, self._draws("augment-g", 0, part.index))
            with self._precision():
                fake = self._generate(part)
                judged = Judgement.of(critic(fake))
                judged_real = None
                if self.loss.needs_real or judged.features:
                    with torch.no_grad():
                        judged_real = Judgement.of(critic(real.x))
                loss = losses.generator(self.loss, judged_real or judged, judged)
                both = Judgements(judged, judged_real)
                terms = self.domain.generator_terms(fake, real, both, self.progress)
            return self._with_likelihood(*self._with_terms(loss, terms), part)

        # The critic only passes gradient on: its own weights need none here.
        parts = self._parts(batch, "latent-g", 0)
        with frozen(self.discriminator):
            return self._update_generator_by(parts, judge)

    def _update_generator_by(self, parts: list[Part], judge: Judge) -> Readings:
        optimizer = self.optimizers.generator
        readings, norm = update(self.generator, optimizer, parts, judge, self.train.clip)
        return readings | {"g_gradient": norm}

    def _with_terms(self, loss: Tensor, terms: Mapping[str, Tensor]) -> tuple[Tensor, Readings]:
        """Add the domain's auxiliary losses.

        Raises:
            UserError: The recipe weighs one that the domain does not have.
        """
        for name in self.train.terms.keys() - terms.keys() - {TERM}:
            known = f"It has {listed(terms, 'and')}." if terms else "It has none."
            raise UserError(
                f"train.terms.{name}: this domain has no such generator loss."
                f"{did_you_mean(name, terms)} {known}"
            )
        readings = {"g_loss": loss.detach()}
        for name, term in terms.items():
            loss = loss + at(self.train.terms.get(name, 1.0), self.progress) * term.float()
            readings[name] = term.detach()
        return loss, readings

    def _with_likelihood(
        self, loss: Tensor, readings: Readings, part: Part
    ) -> tuple[Tensor, Readings]:
        """Add the likelihood of the real examples, if the recipe names it."""
        if TERM not in self.train.terms:
            return loss, readings
        term = self._unlikelihood(part)
        weight = at(self.train.terms[TERM], self.progress)
        return loss + weight * term, readings | {"likelihood_loss": term.detach()}

    # ---- ingredients -----------------------------------------------------------------------

    def _draws(self, stream: str, *numbers: int) -> torch.Generator:
        return seeds.generator(self.seed, stream, self.step, self.attempt, *numbers)

    def _parts(self, batch: Batch, stream: str, turn: int) -> list[Part]:
        """Draw latents for a whole batch, and split both: parts make no difference to them."""
        drawn = self.domain.latent(len(batch), self._draws(stream, turn))
        latent = {name: value.to(self.device) for name, value in drawn.items()}
        return split(batch, latent, self.train.accumulate)

    def _generate(self, part: Part) -> Tensor:
        controls = self.domain.controls(self.progress)
        output: Tensor = self.generator(**part.latent, **part.real.cond, **controls)
        return output.float()

    def _ingredients(
        self, part: Part, fake: Tensor, turn: int, rng: torch.Generator
    ) -> Ingredients:
        """Return what penalties look at: examples, or their embeddings where there are such.

        The critic augments and drops out in the same way at every call: a finite difference would
        otherwise measure that chance.
        """
        numbers = (turn, part.index)
        seed = (self.seed, "penalty-networks", self.step, self.attempt, *numbers)
        network = self.discriminator
        if isinstance(network, EmbeddingDiscriminator):
            with torch.no_grad():
                real, fake = (
                    network.embed(self._augmented(x, self._draws("penalty-augment", *numbers)))
                    for x in (part.real.x, fake)
                )

            def judge(embedded: Tensor) -> Judged:
                seeds.seed_global(*seed)
                return network.judge(embedded, **part.real.cond)

            return Ingredients(judge, real, fake, rng)

        def critic(x: Tensor) -> Judged:
            seeds.seed_global(*seed)
            return self._critic(part.real.cond, self._draws("penalty-augment", *numbers))(x)

        return Ingredients(critic, part.real.x, fake, rng)

    def _critic(self, cond: Conditions, rng: torch.Generator) -> Callable[[Tensor], Judged]:
        """Return the discriminator with conditions bound, seeing augmented examples."""

        def critic(x: Tensor) -> Judged:
            judged: Judged = self.discriminator(self._augmented(x, rng), **cond)
            return judged

        return critic

    def _augmented(self, x: Tensor, rng: torch.Generator) -> Tensor:
        strength = self.strength.at(self.progress)
        return self.domain.augment(x, strength, rng) if strength > 0 else x

    def _precision(self) -> AbstractContextManager[object]:
        return torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.train.precision == "bf16"
        )

    def _set_rates(self) -> None:
        optimizers = self.optimizers.generator, self.optimizers.discriminator
        for optimizer, rate in zip(optimizers, self.rates(), strict=True):
            for group in optimizer.param_groups:
                group["lr"], group["betas"] = rate, self.betas()
