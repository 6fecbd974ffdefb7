"""Rules for generators that know how likely examples are."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnigan.domain import Batch
from omnigan.testing.subject import Check, Subject, chance, require

__all__ = ["LIKELIHOOD_CHECKS"]


def likelihood_is_one_number_an_example(subject: Subject) -> None:
    """``log_likelihood`` gives finite nats ``[B]``, at most 0 in a discrete space, or None."""
    batch = subject.batch()
    found = _likelihood(subject, subject.networks()[0].eval(), batch)
    if found is None:
        return
    require(
        isinstance(found, Tensor)
        and tuple(found.shape) == (subject.size,)
        and found.is_floating_point()
        and bool(found.isfinite().all()),
        f"log_likelihood() must give finite floats [B], not {found!r}.",
    )
    require(
        subject.domain.space.symbols is None or bool((found <= 1e-5).all()),
        "log_likelihood() gives more than 0: symbols have probabilities, not densities.",
    )


def likelihood_takes_all_chance_from_rng(subject: Subject) -> None:
    """The same seed gives the same likelihood, each of its own example alone."""
    batch = subject.batch()
    generator = subject.networks(shaken=True)[0].eval()
    first, second = (_likelihood(subject, generator, batch, world) for world in (0, 1))
    if first is None or second is None:
        return
    require(
        torch.equal(first, second),
        "log_likelihood() gave two results for one seed. It must draw from rng alone.",
    )
    other = batch.x.clone()
    other[0] = subject.anything(other[0].shape)
    after = _likelihood(subject, generator, Batch(other, batch.cond))
    require(
        after is not None and torch.allclose(first[1:], after[1:], rtol=1e-4, atol=1e-4),
        "log_likelihood() mixes the examples of a batch.",
    )


def likelihood_trains_the_generator(subject: Subject) -> None:
    """A finite gradient of the likelihood reaches the generator, also in training mode."""
    generator = subject.networks(shaken=True)[0].train()
    found = _likelihood(subject, generator, subject.batch())
    if found is None:
        return
    require(found.requires_grad, "log_likelihood() has no gradient to the generator.")
    found.sum().backward()  # type: ignore[no-untyped-call]
    slopes = [weight.grad for weight in generator.parameters() if weight.grad is not None]
    require(
        any(bool(slope.any()) for slope in slopes)
        and all(bool(slope.isfinite().all()) for slope in slopes),
        "log_likelihood() sends no finite gradient to the generator.",
    )


def _likelihood(
    subject: Subject, generator: nn.Module, batch: Batch, world: int = 0
) -> Tensor | None:
    with chance(world):
        rng = torch.Generator().manual_seed(7)
        return subject.domain.log_likelihood(generator, batch, rng)


LIKELIHOOD_CHECKS: tuple[Check, ...] = (
    likelihood_is_one_number_an_example,
    likelihood_takes_all_chance_from_rng,
    likelihood_trains_the_generator,
)
