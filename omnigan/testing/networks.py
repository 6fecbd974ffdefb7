"""Rules for the two networks."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from omnigan.domain import Batch, EmbeddingDiscriminator, Judgement
from omnigan.engine.losses import Judged, as_list
from omnigan.engine.penalties import Ingredients, penalty
from omnigan.recipe.schema import Penalty
from omnigan.testing.subject import Check, Subject, called, chance, require, same

__all__ = ["NETWORK_CHECKS"]


def generator_output_fits_the_space(subject: Subject) -> None:
    """A fresh generator gives ``[B, *space.shape]``, float32, finite, within the range."""
    space = subject.domain.space
    made = subject.generated(subject.batch())
    expected = (subject.size, *space.shape)
    require(isinstance(made, Tensor), f"The generator returned a {type(made).__name__}.")
    require(
        tuple(made.shape) == expected,
        f"The generator gives {tuple(made.shape)} where {expected} was expected.",
    )
    require(made.dtype == torch.float32, f"The generator gives {made.dtype}, not torch.float32.")
    require(made.isfinite().all(), "The generator gives NaN or infinite values.")
    require(
        space.low <= made.min() and made.max() <= space.high,
        f"The generator goes from {float(made.min())} to {float(made.max())}, beyond the space's "
        f"{space.low} to {space.high}.",
    )
    require(
        space.symbols is None or bool((made == made.round()).all()),
        "In evaluation mode the generator of a discrete space must give whole numbers.",
    )


def generator_is_pure(subject: Subject) -> None:
    """In evaluation mode the same inputs give the same output, and nothing else is touched."""
    batch = subject.batch()
    generator = subject.networks()[0].eval()
    state = copy.deepcopy(generator.state_dict())
    outputs = []
    for world in (0, 1):
        with chance(world), torch.no_grad():
            before = torch.get_rng_state()
            outputs.append(generator(**subject.inputs(batch)))
            untouched = torch.equal(before, torch.get_rng_state())
        require(
            untouched,
            "The generator draws from torch's global generator. Its noise must come in as inputs: "
            "draw it in latent().",
        )
    require(
        torch.equal(*outputs), "The generator gave two outputs for the same inputs, in eval mode."
    )
    require(
        same(state, generator.state_dict()),
        "The generator changed its own weights or buffers in eval mode.",
    )


def gradient_reaches_every_generator_weight(subject: Subject) -> None:
    """Every weight of the generator gets a gradient through the discriminator."""
    batch = subject.batch()
    generator, discriminator = subject.networks(shaken=True)
    logits = subject.judged(discriminator, generator(**subject.inputs(batch)), batch)
    _backward(logits)
    _every_weight_has_gradient(generator, "generator")


def discriminator_returns_logits(subject: Subject) -> None:
    """Real and generated examples get finite float logits ``[B, ...]``, or a list of such."""
    batch = subject.batch()
    discriminator = subject.networks()[1]
    shapes = []
    for x in (batch.x, subject.generated(batch)):
        with chance(1), called("discriminator", x, **batch.cond):
            judgement = discriminator(x, **batch.cond)
        require(
            isinstance(judgement, Tensor | list | Judgement),
            f"The discriminator returned a {type(judgement).__name__}, not a tensor, a list or a "
            "Judgement.",
        )
        critics: Sequence[object] = Judgement.of(judgement).logits
        require(critics, "The discriminator returned an empty list.")
        for number, logits in enumerate(critics):
            require(
                isinstance(logits, Tensor)
                and logits.is_floating_point()
                and logits.shape[:1] == (subject.size,)
                and bool(logits.isfinite().all()),
                f"Output {number} of the discriminator is not finite float logits [B, ...].",
            )
        shapes.append([logits.shape for logits in critics if isinstance(logits, Tensor)])
    require(shapes[0] == shapes[1], "Real and generated examples get logits of different shapes.")


def discriminator_does_not_mix_examples(subject: Subject) -> None:
    """Another first example leaves the logits of the others as they were."""
    batch = subject.batch()
    discriminator = subject.networks(shaken=True)[1]
    other = batch.x.clone()
    other[0] = subject.anything(other[0].shape)
    with torch.no_grad():
        before = subject.judged(copy.deepcopy(discriminator), batch.x, batch)
        after = subject.judged(copy.deepcopy(discriminator), other, batch)
    for number, (first, second) in enumerate(zip(before, after, strict=True)):
        require(
            torch.allclose(first[1:], second[1:], rtol=1e-4, atol=1e-5),
            f"Output {number} of the discriminator for an example depends on another example of "
            "the batch (batch normalisation does that, and gradient penalties are then wrong).",
        )


def discriminator_can_be_differentiated_twice(subject: Subject) -> None:
    """R1 of each of its outputs can be computed, and back-propagated to the weights."""
    batch = subject.batch()
    discriminator = subject.networks(shaken=True)[1]
    critics = len(subject.judged(discriminator, batch.x, batch))
    judge, seen = _judging(subject, discriminator, batch)
    for number in range(critics):
        discriminator.zero_grad(set_to_none=True)

        def critic(x: Tensor, number: int = number) -> Tensor:
            with chance(1):
                return as_list(judge(x))[number]

        given = Ingredients(critic, seen, seen, torch.Generator())
        what = f"R1 of output {number} of the discriminator"
        try:
            value = penalty("r1", given, Penalty())
            require(
                bool(value > 0) and bool(value.isfinite()),
                f"{what} is {float(value.detach())}: does it look at x?",
            )
            require(value.requires_grad, f"{what} sends no gradient to the weights.")
            value.backward()  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            raise AssertionError(f"{what} cannot be computed: {error}") from error
        slopes = [weight.grad for weight in discriminator.parameters() if weight.grad is not None]
        require(
            any(bool(slope.any()) for slope in slopes)
            and all(bool(slope.isfinite().all()) for slope in slopes),
            f"{what} sends no finite gradient to the weights.",
        )


def _judging(
    subject: Subject, discriminator: nn.Module, batch: Batch
) -> tuple[Callable[[Tensor], Judged], Tensor]:
    """Return what penalties differentiate, and where: at examples, or at their embeddings."""
    if isinstance(discriminator, EmbeddingDiscriminator):
        return partial(discriminator.judge, **batch.cond), discriminator.embed(batch.x)
    require(
        subject.domain.space.symbols is None,
        "The discriminator of a discrete space must be an EmbeddingDiscriminator: it needs the "
        "methods embed() and judge().",
    )
    return partial(discriminator, **batch.cond), batch.x


def gradient_reaches_every_discriminator_weight(subject: Subject) -> None:
    """Every weight of the discriminator gets a gradient."""
    batch = subject.batch()
    discriminator = subject.networks(shaken=True)[1]
    _backward(subject.judged(discriminator, batch.x, batch))
    _every_weight_has_gradient(discriminator, "discriminator")


def _backward(critics: list[Tensor]) -> None:
    """Back-propagate a sum in which no two logits cancel."""
    rng = torch.Generator().manual_seed(0)
    total = torch.stack([(c * torch.rand(c.shape, generator=rng)).sum() for c in critics]).sum()
    try:
        total.backward()  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        raise AssertionError(f"The logits cannot be back-propagated: {error}") from error


def _every_weight_has_gradient(network: nn.Module, name: str) -> None:
    weights = {key: w for key, w in network.named_parameters() if w.requires_grad}
    require(weights, f"The {name} has no weights to train.")
    for key, weight in weights.items():
        require(weight.grad is not None, f"No gradient reaches the weight '{key}' of the {name}.")
        assert weight.grad is not None
        require(
            weight.grad.isfinite().all(),
            f"The gradient of the weight '{key}' of the {name} is NaN or infinite.",
        )
        require(
            weight.grad.any(), f"The gradient of the weight '{key}' of the {name} is always zero."
        )


def augmentation_is_differentiable(subject: Subject) -> None:
    """``augment`` keeps shape and dtype, passes gradient, and draws from rng alone."""
    batch = subject.batch()
    for strength in (0.5, 1.0):
        x = batch.x.clone().requires_grad_()
        seen = _augment(subject, x, strength, world=0)
        require(
            seen.shape == x.shape and seen.dtype == x.dtype,
            f"augment() made {tuple(seen.shape)} {seen.dtype} of {tuple(x.shape)} {x.dtype}.",
        )
        require(
            torch.equal(seen, _augment(subject, x, strength, world=1)),
            "augment() gave two results for one seed. It must draw from rng alone.",
        )
        slope = torch.autograd.grad(seen.sum(), x, allow_unused=True)[0] if seen.grad_fn else None
        passes = x is seen or (slope is not None and bool(slope.isfinite().all()))
        require(passes, "No finite gradient comes back through augment().")


def _augment(subject: Subject, x: Tensor, strength: float, world: int) -> Tensor:
    with chance(world):
        return subject.domain.augment(x, strength, torch.Generator().manual_seed(5))


NETWORK_CHECKS: tuple[Check, ...] = (
    generator_output_fits_the_space,
    generator_is_pure,
    gradient_reaches_every_generator_weight,
    discriminator_returns_logits,
    discriminator_does_not_mix_examples,
    discriminator_can_be_differentiated_twice,
    gradient_reaches_every_discriminator_weight,
    augmentation_is_differentiable,
)
