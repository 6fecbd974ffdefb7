"""What each network minimises, for one part of a batch: losses, penalties and auxiliary terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor

from omnigan.domain import Conditions, EmbeddingDiscriminator, Judgement, Judgements
from omnigan.engine import losses, seeds
from omnigan.engine.buffers import unchanged
from omnigan.engine.likelihood import TERM, likelihood_loss
from omnigan.engine.losses import Judged
from omnigan.engine.parts import Part
from omnigan.engine.penalties import Ingredients, penalty
from omnigan.engine.phases import phase
from omnigan.engine.players import Players
from omnigan.engine.schedules import at
from omnigan.engine.update import Readings
from omnigan.errors import UserError, did_you_mean, listed

__all__ = ["Objectives"]

View = Callable[[Tensor], Tensor]


class Objectives:
    """Losses of the present step, each with its graph, beside readings.

    Args:
        players: Whose.
    """

    def __init__(self, players: Players) -> None:
        self.players = players
        self.train = players.train

    def require_terms(self, part: Part) -> None:
        """Refuse weights of auxiliary losses that the domain does not have, before any step.

        Their names are known only once they are computed. What they are is thrown away.

        Raises:
            UserError: The recipe weighs such a loss.
        """
        players, real = self.players, part.real
        self._seed_networks("networks-terms")
        # Not what steps call: compiled networks would be compiled for this once.
        with unchanged(players.generator, players.discriminator), players.precision():
            controls = players.domain.controls(players.progress)
            fake = players.generator(**part.latent, **real.cond, **controls).float()
            judged, judged_real = (
                Judgement.of(players.discriminator(x, **real.cond)) for x in (fake, real.x)
            )
            both = Judgements(judged, judged_real)
            terms = players.domain.generator_terms(fake, real, both, players.progress)
        self._refuse_others(terms)

    # ---- the objectives --------------------------------------------------------------------

    def likelihood(self, part: Part) -> tuple[Tensor, Readings]:
        """Return what the generator minimises in a likelihood step."""
        self._seed_networks("networks-likelihood", part.index)
        return self._unlikelihood(part)

    def discriminator(self, part: Part, turn: int) -> tuple[Tensor, Readings]:
        """Return what the discriminator minimises.

        Args:
            part: Some examples.
            turn: Which of the step's updates of the discriminator it is, counted from 0.
        """
        players = self.players
        self._seed_networks("networks-d", turn, part.index)
        with phase("generate"), torch.no_grad(), players.precision():
            fake = self._generate(part)
        critic = self._critic(part.real.cond, players.draws("augment-d", turn, part.index))
        with phase("judge"), players.precision():
            judged_real, judged_fake = critic(part.real.x), critic(fake)
        loss = losses.discriminator(players.loss, judged_real, judged_fake)
        readings = losses.verdict(judged_real, judged_fake) | {"d_loss": loss.detach()}
        readings |= players.strength.measure(judged_real, judged_fake)
        with phase("penalties"):
            return self._penalise(loss, readings, part, fake, turn)

    def generator(self, part: Part) -> tuple[Tensor, Readings]:
        """Return what the generator minimises."""
        players, real = self.players, part.real
        self._seed_networks("networks-g", part.index)
        critic = self._critic(real.cond, players.draws("augment-g", 0, part.index))
        with players.precision():
            with phase("generate"):
                fake = self._generate(part)
            with phase("judge"):
                judged = Judgement.of(critic(fake))
                judged_real = None
                if players.loss.needs_real or judged.features:
                    with torch.no_grad():
                        judged_real = Judgement.of(critic(real.x))
                loss = losses.generator(players.loss, judged_real or judged, judged)
            with phase("auxiliary losses"):
                both = Judgements(judged, judged_real)
                terms = players.domain.generator_terms(fake, real, both, players.progress)
        return self._with_likelihood(*self._with_terms(loss, terms), part)

    # ---- what is added to them -------------------------------------------------------------

    def _penalise(
        self, loss: Tensor, readings: Readings, part: Part, fake: Tensor, turn: int
    ) -> tuple[Tensor, Readings]:
        """Add the penalties that are due."""
        players = self.players
        number = players.step * self.train.discriminator_steps + turn
        rng = players.draws("penalty", turn)
        given = self._ingredients(part, fake, turn, rng)
        for name, settings in self.train.penalties.items():
            if number % settings.interval == 0:
                value = penalty(name, given, settings)
                loss = loss + at(settings.weight, players.progress) * settings.interval * value
                readings[name] = value.detach()
        return loss, readings

    def _with_terms(self, loss: Tensor, terms: Mapping[str, Tensor]) -> tuple[Tensor, Readings]:
        """Add the domain's auxiliary losses; see :meth:`require_terms`."""
        self._refuse_others(terms)
        readings = {"g_loss": loss.detach()}
        for name, term in terms.items():
            weight = at(self.train.terms.get(name, 1.0), self.players.progress)
            if weight:  # what counts for nothing is logged, but not differentiated
                loss = loss + weight * term.float()
            readings[name] = term.detach()
        return loss, readings

    def _refuse_others(self, terms: Mapping[str, Tensor]) -> None:
        for name in self.train.terms.keys() - terms.keys() - {TERM}:
            known = f"It has {listed(terms, 'and')}." if terms else "It has none."
            raise UserError(
                f"train.terms.{name}: this domain has no such generator loss."
                f"{did_you_mean(name, terms)} {known}"
            )

    def _with_likelihood(
        self, loss: Tensor, readings: Readings, part: Part
    ) -> tuple[Tensor, Readings]:
        """Add the likelihood of the real examples, if the recipe names it."""
        if TERM not in self.train.terms:
            return loss, readings
        term, told = self._unlikelihood(part)
        weight = at(self.train.terms[TERM], self.players.progress)
        return loss + weight * term, readings | told

    def _unlikelihood(self, part: Part) -> tuple[Tensor, Readings]:
        players = self.players
        rng = players.draws("likelihood", part.index)
        with players.precision():
            return likelihood_loss(players.domain, players.generator, part.real, rng)

    # ---- ingredients -----------------------------------------------------------------------

    def _generate(self, part: Part) -> Tensor:
        players = self.players
        controls = players.domain.controls(players.progress)
        output: Tensor = players.calls.generate(**part.latent, **part.real.cond, **controls)
        return output.float()

    def _ingredients(
        self, part: Part, fake: Tensor, turn: int, rng: torch.Generator
    ) -> Ingredients:
        """Return what penalties look at: examples, or their embeddings where there are such.

        The critic augments and drops out in the same way at every call: a finite difference would
        otherwise measure that chance.
        """
        players, cond = self.players, part.real.cond
        numbers = (turn, part.index)
        network = players.discriminator

        def augmented(x: Tensor) -> Tensor:
            return self._augmented(x, players.draws("penalty-augment", *numbers))

        # Second derivatives go through the network as it is, whether it is compiled or not.
        seen: View = augmented
        judge: Callable[..., Judged] = network
        examples = part.real.x, fake
        if isinstance(network, EmbeddingDiscriminator):
            with torch.no_grad():
                examples = network.embed(augmented(part.real.x)), network.embed(augmented(fake))
            seen, judge = _as_it_is, network.judge

        def critic(x: Tensor) -> Judged:
            self._seed_networks("penalty-networks", *numbers)
            return judge(seen(x), **cond)

        def slopes(compiled: Callable[..., Tensor], x: Tensor) -> Tensor:
            self._seed_networks("penalty-networks", *numbers)
            return _slopes_before(seen, x, partial(compiled, **cond))

        compiled = players.calls.slopes
        own = partial(slopes, compiled) if compiled else None
        return Ingredients(critic, *examples, rng, part.rows, part.whole, own)

    def _seed_networks(self, stream: str, *numbers: int) -> None:
        """Seed what dropout draws from, so that it does not depend on who computes which part."""
        players = self.players
        seeds.seed_global(players.seed, stream, players.step, players.attempt, *numbers)

    def _critic(self, cond: Conditions, rng: torch.Generator) -> Callable[[Tensor], Judged]:
        """Return the discriminator with conditions bound, seeing augmented examples."""

        def critic(x: Tensor) -> Judged:
            return self.players.calls.judge(self._augmented(x, rng), **cond)

        return critic

    def _augmented(self, x: Tensor, rng: torch.Generator) -> Tensor:
        players = self.players
        strength = players.strength.at(players.progress)
        return players.domain.augment(x, strength, rng) if strength > 0 else x


def _as_it_is(x: Tensor) -> Tensor:
    return x


def _slopes_before(seen: View, x: Tensor, slopes: View) -> Tensor:
    """Return slopes at what a critic makes of its input first, carried back to the input."""
    looked_at = seen(x)
    found = slopes(looked_at.detach())
    if looked_at is x:
        return found
    return torch.autograd.grad(looked_at, x, found, create_graph=True)[0]
