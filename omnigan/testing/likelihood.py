"""Rules for generators that know how likely examples are."""

from __future__ import annotations

from contextlib import suppress
from functools import wraps

import torch
from torch import Tensor, nn

from omnigan.domain import Batch
from omnigan.errors import NoDensity
from omnigan.testing.subject import Check, Subject, chance, require

__all__ = ["LIKELIHOOD_CHECKS"]


def _where_known(check: Check) -> Check:
    """Have a rule hold for generators that have no density."""

    @wraps(check)
    def looked_at(subject: Subject) -> None:
        with suppress(NoDensity):
            check(subject)

    return looked_at


@_where_known
def likelihood_is_one_number_an_example(subject: Subject) -> None:
    """``log_likelihood`` gives finite nats ``[B]``, at most 0 in a discrete space, or NoDensity."""
    batch = subject.batch()
    found = _likelihood(subject, subject.networks()[0].eval(), batch)
    require(
        isinstance(found, Tensor)
        and tuple(found.shape) == (subject.size,)
        and found.is_floating_point()
        and bool(found.isfinite().all()),
        f"log_likelihood() must give finite floats [B], or raise NoDensity, not {found!r}.",
    )
    require(
        subject.domain.space.symbols is None or bool((found <= 1e-5).all()),
        "log_likelihood() gives more than 0: symbols have probabilities, not densities.",
    )


@_where_known
def likelihood_takes_all_chance_from_rng(subject: Subject) -> None:
    """The same seed gives the same likelihood, each of its own example alone."""
    batch = subject.batch()
    generator = subject.networks(shaken=True)[0].eval()
    first, second = (_likelihood(subject, generator, batch, world) for world in (0, 1))
    require(
        torch.equal(first, second),
        "log_likelihood() gave two results for one seed. It must draw from rng alone.",
    )
    other = batch.x.clone()
    other[0] = subject.anything(other[0].shape)
    after = _likelihood(subject, generator, Batch(other, batch.cond))
    require(
        torch.allclose(first[1:], after[1:], rtol=1e-4, atol=1e-4),
        "log_likelihood() mixes the examples of a batch.",
    )


@_where_known
def likelihood_trains_the_generator(subject: Subject) -> None:
    """A finite gradient of the likelihood reaches the generator, also in training mode."""
    generator = subject.networks(shaken=True)[0].train()
    found = _likelihood(subject, generator, subject.batch())
    require(found.requires_grad, "log_likelihood() has no gradient to the generator.")
    found.sum().backward()  # type: ignore[no-untyped-call]
    slopes = [weight.grad for weight in generator.parameters() if weight.grad is not None]
    require(
        any(bool(slope.any()) for slope in slopes)
        and all(bool(slope.isfinite().all()) for slope in slopes),
        "log_likelihood() sends no finite gradient to the generator.",
    )


def _likelihood(subject: Subject, generator: nn.Module, batch: Batch, world: int = 0) -> Tensor:
    with chance(world):
        rng = torch.Generator().manual_seed(7)
        return subject.domain.log_likelihood(generator, batch, rng)


LIKELIHOOD_CHECKS: tuple[Check, ...] = (
    likelihood_is_one_number_an_example,
    likelihood_takes_all_chance_from_rng,
    likelihood_trains_the_generator,
)
