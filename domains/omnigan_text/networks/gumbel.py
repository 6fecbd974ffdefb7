"""From scores of symbols to symbols, with noise from outside and a gradient in training.

The Gumbel-max trick: the symbol whose score plus Gumbel noise is largest is a draw from the softmax
of the scores. The Gumbel-softmax (Jang et al. 2017; Maddison et al. 2017) puts a softmax in place
of the maximum; straight-through, the symbol goes forward and that softmax's gradient back.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = [
    "Estimator",
    "gumbel",
    "one_hot",
    "relaxed",
    "score_function",
    "straight_through",
    "uniform",
]

Estimator = Literal["straight-through", "soft", "reinforce"]

_SMALL = 1e-20  # so that the noise stays finite
_BELOW_ONE = 1 - 2**-24  # the float32 before 1


def uniform(normal: Tensor) -> Tensor:
    """Return the share of a standard normal that lies below each draw: uniform noise, float32."""
    # In place: there are as many of these numbers as of logits.
    return torch.erf(normal.float() * 0.5**0.5).add_(1).div_(2)


def gumbel(normal: Tensor) -> Tensor:
    """Return Gumbel noise made of standard normal noise, of the same shape, in float32.

    Through the distribution functions of both: so that noise between two draws, on a great circle,
    is a draw as well.
    """
    return uniform(normal).clamp_(_SMALL, _BELOW_ONE).log_().neg_().log_().neg_()


def one_hot(ids: Tensor, symbols: int) -> Tensor:
    """Return ``[..., V]`` float32 rows with a single 1 for ids ``[...]``."""
    zeros = torch.zeros(*ids.shape, symbols, device=ids.device)
    return zeros.scatter_(-1, ids.unsqueeze(-1), 1.0)


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, scores: Tensor, relaxation: float) -> Tensor:
        ctx.save_for_backward((scores / relaxation).softmax(-1))
        ctx.relaxation = relaxation
        return one_hot(scores.argmax(-1), scores.shape[-1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        (soft,) = ctx.saved_tensors
        (slope,) = slopes
        scaled = soft * slope
        return (scaled - soft * scaled.sum(-1, keepdim=True)) / ctx.relaxation, None


def straight_through(scores: Tensor, relaxation: float) -> Tensor:
    """Return the largest of noisy scores as one-hot rows, with the gradient of a softmax.

    It keeps one tensor for the gradient, where ``hard + soft - soft.detach()`` keeps three.

    Args:
        scores: ``[..., V]`` logits plus Gumbel noise.
        relaxation: Temperature of the softmax.
    """
    chosen: Tensor = _StraightThrough.apply(scores, relaxation)  # type: ignore[no-untyped-call]
    return chosen


def score_function(scores: Tensor, logits: Tensor) -> Tensor:
    """Return the largest of noisy scores as one-hot rows that carry the gradient of their log.

    The sum of a row is 1, and its gradient is that of the log-probability of the chosen symbol
    (the magic box of Foerster et al. 2018, "DiCE"): times a reward, that is REINFORCE.

    Args:
        scores: ``[..., V]`` logits plus Gumbel noise.
        logits: ``[..., V]``.
    """
    chosen = scores.argmax(-1, keepdim=True)
    log = logits.log_softmax(-1).gather(-1, chosen)
    return one_hot(chosen.squeeze(-1), scores.shape[-1]) * (1 + (log - log.detach()))


def relaxed(scores: Tensor, logits: Tensor, estimator: Estimator, relaxation: float) -> Tensor:
    """Return rows ``[..., V]`` that gradient passes through, each a draw or close to one.

    Args:
        scores: ``[..., V]`` logits plus Gumbel noise.
        logits: ``[..., V]``.
        estimator: How gradient passes.
        relaxation: Temperature of the softmax that it passes through.
    """
    if estimator == "soft":
        return (scores / relaxation).softmax(-1)
    if estimator == "reinforce":
        return score_function(scores, logits)
    return straight_through(scores, relaxation)
