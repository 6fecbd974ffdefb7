"""What a generator's own density says about texts, in nats a token."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from omnigan.domain import Batch, Density

__all__ = ["entropy", "held_out_likelihood", "lengths"]

_MOST = 700.0  # nats whose exponential is a float


def lengths(x: Tensor, ends: bool) -> Tensor:
    """Return how many tokens of examples ``[N, T]`` count: up to END and with it, ``[N]``.

    Args:
        x: Ids.
        ends: Whether symbol 0 is END; without it every token counts.
    """
    full = torch.full((len(x),), x.shape[1], device=x.device)
    if not ends:
        return full
    ended = x == 0
    return torch.where(ended.any(1), ended.int().argmax(1) + 1, full)


def held_out_likelihood(held_out: Batch, density: Density, ends: bool) -> dict[str, float]:
    """Return the negative log-likelihood of held-out texts, on their true lengths.

    Args:
        held_out: Ids ``[N, T]`` with their conditions.
        density: Of the generator.
        ends: See :func:`lengths`.

    Returns:
        Nats a token, and the perplexity, which is the exponential of that.
    """
    nats = _nats(held_out, density(held_out), ends)
    return {"nats a token": nats, "perplexity": math.exp(nats) if nats < _MOST else math.inf}


def entropy(generated: Batch, density: Density, ends: bool) -> float:
    """Return the generator's entropy in nats a token, estimated on texts that it made.

    See :func:`held_out_likelihood` for the arguments. Far below the likelihood of held-out texts it
    says that the generator keeps to a few of them.
    """
    return _nats(generated, density(generated), ends)


def _nats(batch: Batch, logs: Tensor, ends: bool) -> float:
    return -float(logs.double().sum()) / int(lengths(batch.x, ends).sum())
