"""Adversarial losses: pure functions of logits.

Every function takes the discriminator's logits on real and on generated examples, tensors of the
same shape ``[B, ...]``, and returns a scalar. Several critics are averaged by :func:`discriminator`
and :func:`generator`, the two entry points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

from omnigan.domain import Judgement
from omnigan.recipe.schema import LossName

__all__ = [
    "LOSSES",
    "Judged",
    "Loss",
    "as_list",
    "discriminator",
    "generator",
    "mean_logits",
    "scores",
    "verdict",
]

Judged = Tensor | Sequence[Tensor] | Judgement
"""What a discriminator returns: logits, one tensor of logits per critic, or with features too."""

Side = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Loss:
    """The two sides of an adversarial game, each called with (real logits, fake logits).

    Attributes:
        discriminator: What the discriminator minimises.
        generator: What the generator minimises.
        needs_real: Whether the generator's side depends on the real logits.
    """

    discriminator: Side
    generator: Side
    needs_real: bool = False


LOSSES: Mapping[LossName, Loss] = {
    # Relativistic pairing GAN (Jolicoeur-Martineau 2018; Huang et al. 2024): each generated
    # example is compared with the real example at the same place of the batch.
    "relativistic": Loss(
        lambda real, fake: softplus(fake - real).mean(),
        lambda real, fake: softplus(real - fake).mean(),
        needs_real=True,
    ),
    # Goodfellow et al. 2014, with the generator maximising log D(G(z)).
    "non-saturating": Loss(
        lambda real, fake: softplus(-real).mean() + softplus(fake).mean(),
        lambda real, fake: softplus(-fake).mean(),
    ),
    # Goodfellow et al. 2014, the value function itself: the generator minimises log(1 - D(G(z))).
    "minimax": Loss(
        lambda real, fake: softplus(-real).mean() + softplus(fake).mean(),
        lambda real, fake: -softplus(fake).mean(),
    ),
    # Lim and Ye 2017; Miyato et al. 2018.
    "hinge": Loss(
        lambda real, fake: relu(1 - real).mean() + relu(1 + fake).mean(),
        lambda real, fake: -fake.mean(),
    ),
    # Mao et al. 2017 with targets 1 for real and 0 for generated.
    "least-squares": Loss(
        lambda real, fake: ((real - 1).square().mean() + fake.square().mean()) / 2,
        lambda real, fake: (fake - 1).square().mean() / 2,
    ),
    # Arjovsky et al. 2017; the Lipschitz bound comes from a penalty.
    "wasserstein": Loss(
        lambda real, fake: fake.mean() - real.mean(),
        lambda real, fake: -fake.mean(),
    ),
}


def as_list(judged: Judged) -> list[Tensor]:
    """Return the critics' logits as a list, in float32."""
    return [logits.float() for logits in Judgement.of(judged).logits]


def mean_logits(judged: Judged) -> Tensor:
    """Return one logit ``[B]`` an example: the mean over critics of the mean over its places."""
    return torch.stack(
        [logits.flatten(1).mean(1) if logits.dim() > 1 else logits for logits in as_list(judged)]
    ).mean(0)


def _mean_over_critics(side: Side, real: Judged, fake: Judged) -> Tensor:
    pairs = zip(as_list(real), as_list(fake), strict=True)
    return torch.stack([side(r, f) for r, f in pairs]).mean()


def discriminator(loss: Loss, real: Judged, fake: Judged) -> Tensor:
    """Return the scalar that the discriminator minimises."""
    return _mean_over_critics(loss.discriminator, real, fake)


def scores(judged: Judged) -> Tensor:
    """Return one score per example ``[B]``: the sum of its logits over places and critics."""
    sums = [logits.reshape(len(logits), -1).sum(1) for logits in as_list(judged)]
    return torch.stack(sums).sum(0)


def generator(loss: Loss, real: Judged, fake: Judged) -> Tensor:
    """Return the scalar that the generator minimises.

    Args:
        loss: The game.
        real: Logits on real examples; only read if ``loss.needs_real``, else pass ``fake``.
        fake: Logits on generated examples, with their graph.
    """
    return _mean_over_critics(loss.generator, real, fake)


@torch.no_grad()
def verdict(real: Judged, fake: Judged) -> dict[str, Tensor]:
    """Return how well the discriminator tells the two apart, as readings.

    An accuracy of 0.5 is a fair game, 1 is won.

    Args:
        real: Logits on real examples.
        fake: Logits on generated ones, each compared with the real one at its place.
    """
    pairs = list(zip(as_list(real), as_list(fake), strict=True))
    right = torch.stack([(r > f).float().mean() for r, f in pairs]).mean()
    return {
        "d_accuracy": right,
        "d_real": torch.stack([r.mean() for r, _ in pairs]).mean(),
        "d_fake": torch.stack([f.mean() for _, f in pairs]).mean(),
    }
