"""How likely a generator is to make given examples, as a loss and as a reading."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from omnigan.domain import Batch, Domain
from omnigan.engine import seeds
from omnigan.engine.update import Readings
from omnigan.errors import NoDensity, UserError
from omnigan.recipe.schema import Train

__all__ = ["TERM", "likelihood_loss", "nats_a_token", "over_tokens", "require_density"]

TERM = "likelihood"
"""Name under which ``train.terms`` weighs the likelihood beside the adversarial loss."""

_NATS, _TOKENS = "likelihood nats", "likelihood tokens"


def likelihood_loss(
    domain: Domain, generator: nn.Module, batch: Batch, rng: torch.Generator
) -> tuple[Tensor, Readings]:
    """Return the negative log-likelihood of examples, to minimise and to read.

    What is minimised is the mean in nats a place, in which a token weighs the same in every batch.

    Args:
        domain: Knows the likelihood.
        generator: Whose likelihood.
        batch: The examples.
        rng: Of latent vectors, where the likelihood is an estimate.

    Returns:
        The first with its graph, and readings for :func:`over_tokens`.

    Raises:
        NoDensity: The generator has none.
    """
    found = domain.log_likelihood(generator, batch, rng)
    nats = -found.float().mean()
    tokens = domain.tokens(batch.x).float().mean()
    return nats / math.prod(domain.space.shape), {_NATS: nats.detach(), _TOKENS: tokens}


def over_tokens(readings: Readings) -> Readings:
    """Return readings of a batch with its likelihood in nats a token, if it has been asked for.

    That says something where examples are filled up, as the loss does not. It is a quotient, so
    parts of a batch tell what is divided and by what.
    """
    if _NATS not in readings:
        return readings
    others = {name: value for name, value in readings.items() if name not in (_NATS, _TOKENS)}
    return others | {"likelihood_loss": readings[_NATS] / readings[_TOKENS]}


def nats_a_token(domain: Domain, batch: Batch, found: Tensor) -> Tensor:
    """Return the negative log-likelihood of all tokens of some examples, over their number.

    Args:
        domain: Knows how many tokens an example has.
        batch: The examples.
        found: The log-likelihood ``[B]`` of each.
    """
    return -found.sum() / domain.tokens(batch.x).sum()


def require_density(domain: Domain, generator: nn.Module, train: Train) -> None:
    """Refuse a recipe that asks for likelihoods which the generator does not know.

    Raises:
        UserError: It has no density; the message names the key that asks for it.
    """
    key = _asking(train)
    if key is None:
        return
    rng = seeds.generator(0, "density")
    example = Batch.stack([domain.source("train").read(0, rng)])
    device = next(generator.parameters()).device
    try:
        with torch.no_grad():
            likelihood_loss(domain, generator, example.to(device), rng)
    except NoDensity as error:
        raise UserError(f"{key}: {error} Leave it out, or {error.instead}.") from error


def _asking(train: Train) -> str | None:
    """Return the first key that needs likelihoods."""
    if train.objective == "likelihood":
        return "train.objective=likelihood"
    if train.warmup is not None:
        return "train.warmup"
    return f"train.terms.{TERM}" if TERM in train.terms else None
