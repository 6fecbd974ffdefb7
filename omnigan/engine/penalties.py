"""Gradient penalties on the discriminator, as functions of examples.

All are computed in float32 with autocast off: in bf16 the sum of squares loses several per cent of
the penalty's own gradient. The gradient is taken of the sum of the logits, which gives each
example its own gradient because a discriminator does not mix the examples of a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from omnigan.engine.losses import Judged, scores
from omnigan.recipe.schema import Penalty, PenaltyName

__all__ = ["PENALTIES", "Critic", "Ingredients", "penalty"]

Draw = Callable[..., Tensor]
"""``torch.rand`` or ``torch.randn``."""
Critic = Callable[[Tensor], Judged]
"""A discriminator with its conditions bound: ``[B, *shape]`` to logits."""


@dataclass(frozen=True)
class Ingredients:
    """What a penalty may look at.

    Attributes:
        critic: The discriminator, conditions and augmentation bound; a function, so that called
            twice it augments in the same way.
        real: Real examples ``[B, *shape]``.
        fake: Generated examples ``[B, *shape]``, without graph.
        rng: Generator of the penalty's own chance, on the CPU.
        rows: Where these examples are in their batch; None: they are a whole one.
        whole: How many examples that batch has; None: as many as here.
        slopes: Returns the gradient of each example's score at examples that require one, with a
            graph to the weights; None: autograd differentiates the critic.
    """

    critic: Critic
    real: Tensor
    fake: Tensor
    rng: torch.Generator
    rows: slice | None = None
    whole: int | None = None
    slopes: Callable[[Tensor], Tensor] | None = None

    def drawn(self, draw: Draw, *shape: int) -> Tensor:
        """Return random numbers ``[B, *shape]``.

        They are drawn for the whole batch, so that it makes no difference how it is divided.
        """
        whole = draw((self.whole or len(self.real), *shape), generator=self.rng)
        return whole[self.rows or slice(None)].to(self.real.device)


def _squared_slope(given: Ingredients, x: Tensor) -> Tensor:
    """Return the squared gradient norm of the score at each example, ``[B]``, with its graph."""
    x = x.detach().float().requires_grad_()
    if given.slopes is None:
        (slopes,) = torch.autograd.grad(scores(given.critic(x)).sum(), x, create_graph=True)
    else:
        slopes = given.slopes(x)
    return slopes.flatten(1).square().sum(1)


def _r1(given: Ingredients, settings: Penalty) -> Tensor:
    return _squared_slope(given, given.real).mean() / 2


def _r2(given: Ingredients, settings: Penalty) -> Tensor:
    return _squared_slope(given, given.fake).mean() / 2


def _gradient_penalty(given: Ingredients, settings: Penalty) -> Tensor:
    share = given.drawn(torch.rand, *(1,) * (given.real.dim() - 1))
    between = share * given.real + (1 - share) * given.fake
    # The square root has no derivative at 0: a dead critic would turn the weights into NaN.
    norm = (_squared_slope(given, between) + 1e-12).sqrt()
    return (norm - 1).square().mean()


def _finite_difference_r1(given: Ingredients, settings: Penalty) -> Tensor:
    noise = given.drawn(torch.randn, *given.real.shape[1:])
    moved = given.real.float() + settings.sigma * noise
    rise = scores(given.critic(moved)) - scores(given.critic(given.real.float()))
    return (rise / settings.sigma).square().mean() / 2


PENALTIES: Mapping[PenaltyName, Callable[[Ingredients, Penalty], Tensor]] = {
    # Mescheder et al. 2018: half the squared gradient norm at real examples.
    "r1": _r1,
    # The same at generated examples.
    "r2": _r2,
    # Gulrajani et al. 2017: gradient norm 1 on lines between real and generated examples.
    "gradient-penalty": _gradient_penalty,
    # An estimate of r1 for networks without a second derivative: for small steps sigma along
    # normal noise the expected squared rise per sigma is the squared gradient norm.
    "finite-difference-r1": _finite_difference_r1,
}


def penalty(name: PenaltyName, given: Ingredients, settings: Penalty) -> Tensor:
    """Return a penalty's scalar value, unweighted, in float32, ready to be back-propagated."""
    # Fused attention kernels have no second derivative.
    with torch.autocast(given.real.device.type, enabled=False), sdpa_kernel(SDPBackend.MATH):
        return PENALTIES[name](given, settings)
