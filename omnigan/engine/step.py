"""One adversarial step: the discriminator, then the generator, then its moving average.

Only this module calls ``backward`` and ``step``. It knows neither files nor clocks: the trained
weights are a function of the batches, the seed and the step number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

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
from omnigan.engine.ema import decay_of, follow, frozen_copy
from omnigan.engine.losses import LOSSES, Judged
from omnigan.engine.penalties import Ingredients, penalty
from omnigan.engine.schedules import at
from omnigan.errors import UserError, did_you_mean, listed
from omnigan.recipe.schema import Train

__all__ = ["Adversaries", "Readings"]

Readings = dict[str, Tensor]
"""Scalar tensors by name, left on the device so that reading them costs no synchronisation."""


@dataclass
class Optimizers:
    """Adam for each network."""

    generator: torch.optim.Adam
    discriminator: torch.optim.Adam


@dataclass(frozen=True)
class _Part:
    """Some examples of a batch, and the generator's inputs for as many."""

    real: Batch
    latent: Conditions
    index: int


class Adversaries:
    """The two networks, their optimisers, the moving average, and how one step changes them.

    Args:
        domain: Gives the networks, latents, augmentation and auxiliary terms.
        train: The recipe's section.
        seed: Seed of every random draw.
        device: Where the networks live.
    """

    def __init__(self, domain: Domain, train: Train, seed: int, device: torch.device) -> None:
        self.domain = domain
        self.train = train
        self.seed = seed
        self.device = device
        self.loss = LOSSES[train.loss]
        self.strength = Strength(train)
        self.total_steps = train.total_steps()
        self.step = 0
        self.attempt = 0
        seeds.seed_global(seed, "weights")
        self.generator = domain.generator()
        self.discriminator = domain.discriminator()
        domain.initialise(self.generator, self.discriminator)
        self.generator.to(device).train()
        self.discriminator.to(device).train()
        self.average = frozen_copy(self.generator)
        self.optimizers = Optimizers(_adam(self.generator), _adam(self.discriminator))

    @property
    def progress(self) -> float:
        """Share of the run that is done, 0 to 1."""
        return min(self.step / self.total_steps, 1.0)

    def advance(self, data: Iterator[Batch]) -> Readings:
        """Take one step, drawing one batch per discriminator update and one for the generator."""
        seeds.seed_global(self.seed, "networks", self.step, self.attempt)
        self._set_rates()
        readings: Readings = {}
        for turn in range(self.train.discriminator_steps):
            readings |= self._update_discriminator(next(data).to(self.device), turn)
        readings |= self._update_generator(next(data).to(self.device))
        decay = decay_of(self.train.ema, self.train.batch_size, self.total_steps, self.step)
        follow(self.average, self.generator, decay)
        readings |= self.strength.follow(readings)
        self.step += 1
        return readings

    @property
    def batches_per_step(self) -> int:
        """How many batches :meth:`advance` draws."""
        return self.train.discriminator_steps + 1

    # ---- the two updates -------------------------------------------------------------------

    def _update_discriminator(self, batch: Batch, turn: int) -> Readings:
        def judge(part: _Part) -> tuple[Tensor, Readings]:
            with torch.no_grad(), self._precision():
                fake = self._generate(part)
            critic = self._critic(part.real.cond, self._draws("augment-d", turn, part.index))
            with self._precision():
                judged_real, judged_fake = critic(part.real.x), critic(fake)
            loss = losses.discriminator(self.loss, judged_real, judged_fake)
            readings = _verdict(judged_real, judged_fake) | {"d_loss": loss.detach()}
            readings |= self.strength.measure(judged_real, judged_fake)
            return self._penalise(loss, readings, part, fake, turn)

        parts = self._parts(batch, "latent-d", turn)
        return self._update(self.discriminator, self.optimizers.discriminator, parts, judge, "d_")

    def _penalise(
        self, loss: Tensor, readings: Readings, part: _Part, fake: Tensor, turn: int
    ) -> tuple[Tensor, Readings]:
        """Add the penalties that are due."""
        update = self.step * self.train.discriminator_steps + turn
        rng = self._draws("penalty", turn, part.index)
        given = self._ingredients(part, fake, turn, rng)
        for name, settings in self.train.penalties.items():
            if update % settings.interval == 0:
                value = penalty(name, given, settings)
                loss = loss + at(settings.weight, self.progress) * settings.interval * value
                readings[name] = value.detach()
        return loss, readings

    def _update_generator(self, batch: Batch) -> Readings:
        def judge(part: _Part) -> tuple[Tensor, Readings]:
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
            return self._with_terms(loss, terms)

        # The critic only passes gradient on: its own weights need none here.
        parts = self._parts(batch, "latent-g", 0)
        with _frozen(self.discriminator):
            return self._update(self.generator, self.optimizers.generator, parts, judge, "g_")

    def _with_terms(self, loss: Tensor, terms: Mapping[str, Tensor]) -> tuple[Tensor, Readings]:
        """Add the domain's auxiliary losses.

        Raises:
            UserError: The recipe weighs one that the domain does not have.
        """
        for name in self.train.terms.keys() - terms.keys():
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

    def _update(
        self,
        network: nn.Module,
        optimizer: torch.optim.Adam,
        parts: list[_Part],
        judge: Callable[[_Part], tuple[Tensor, Readings]],
        prefix: str,
    ) -> Readings:
        """Back-propagate each part of the batch, clip, and take one optimiser step."""
        optimizer.zero_grad(set_to_none=True)
        total: Readings = {}
        examples = sum(len(part.real) for part in parts)
        for part in parts:
            share = len(part.real) / examples
            loss, readings = judge(part)
            (loss * share).backward()  # type: ignore[no-untyped-call]
            for name, value in readings.items():
                total[name] = total.get(name, torch.zeros((), device=self.device)) + value * share
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        norm = nn.utils.get_total_norm(gradients, foreach=True)
        if self.train.clip is not None:
            nn.utils.clip_grads_with_norm_(network.parameters(), self.train.clip, norm, True)
        total[f"{prefix}gradient"] = norm
        optimizer.step()
        return total

    # ---- ingredients -----------------------------------------------------------------------

    def _draws(self, stream: str, *numbers: int) -> torch.Generator:
        return seeds.generator(self.seed, stream, self.step, self.attempt, *numbers)

    def _parts(self, batch: Batch, stream: str, turn: int) -> list[_Part]:
        """Draw latents for a whole batch, and split both: parts make no difference to them."""
        drawn = self.domain.latent(len(batch), self._draws(stream, turn))
        latent = {name: value.to(self.device) for name, value in drawn.items()}
        size = -(-len(batch) // self.train.accumulate)
        rows = [slice(first, first + size) for first in range(0, len(batch), size)]
        return [
            _Part(Batch(batch.x[some], _rows(batch.cond, some)), _rows(latent, some), index)
            for index, some in enumerate(rows)
        ]

    def _generate(self, part: _Part) -> Tensor:
        controls = self.domain.controls(self.progress)
        output: Tensor = self.generator(**part.latent, **part.real.cond, **controls)
        return output.float()

    def _ingredients(
        self, part: _Part, fake: Tensor, turn: int, rng: torch.Generator
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
        train, progress = self.train, self.progress
        betas = (at(train.betas[0], progress), at(train.betas[1], progress))
        for optimizer, own in (
            (self.optimizers.generator, train.generator_rate),
            (self.optimizers.discriminator, train.discriminator_rate),
        ):
            for group in optimizer.param_groups:
                group["lr"] = at(train.rate if own is None else own, progress)
                group["betas"] = betas


def _adam(network: nn.Module) -> torch.optim.Adam:
    return torch.optim.Adam(network.parameters(), foreach=True)


@contextmanager
def _frozen(network: nn.Module) -> Iterator[None]:
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in trained:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_(True)


def _rows(tensors: Conditions, rows: slice) -> Conditions:
    return {name: value[rows] for name, value in tensors.items()}


@torch.no_grad()
def _verdict(real: Judged, fake: Judged) -> Readings:
    """Return how well the discriminator tells the two apart: 0.5 is a fair game, 1 is won."""
    pairs = list(zip(losses.as_list(real), losses.as_list(fake), strict=True))
    right = torch.stack([(r > f).float().mean() for r, f in pairs]).mean()
    return {
        "d_accuracy": right,
        "d_real": torch.stack([r.mean() for r, _ in pairs]).mean(),
        "d_fake": torch.stack([f.mean() for _, f in pairs]).mean(),
    }
