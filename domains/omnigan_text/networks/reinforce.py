"""Rewards of a critic as a loss of the generator (Williams 1992).

The row sums of what a generator with the estimator ``reinforce`` writes carry the gradient of
log-probabilities; see :func:`omnigan_text.networks.gumbel.score_function`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from omnigan_text.networks.language import END

__all__ = ["reinforce_term"]


def reinforce_term(
    generated: Tensor, logits: Tensor | Sequence[Tensor], discount: float, ends: bool = False
) -> Tensor:
    """Return minus what a symbol earned on average, with the gradient of REINFORCE.

    A logit D gives a reward 2 sigmoid(D) - 1 (de Masson d'Autume et al. 2019). A reward for each
    symbol counts for it and, discounted, for those before it; one for a whole text counts for each
    symbol alike. The baseline of a symbol is the mean of what the other examples got at its place.

    Args:
        generated: ``[B, T, V]``, with graph.
        logits: ``[B]`` or ``[B, T]`` of one critic, or a list of such, averaged.
        discount: What a reward counts for the symbol before, 0 to 1.
        ends: Whether symbol 0 ends a text: nothing is rewarded after that.
    """
    log = generated.float().sum(-1)
    log = log - log.detach()
    lives = generated.detach().argmax(-1) != END if ends else torch.ones_like(log)
    lives = lives.to(log.dtype)
    critics = [logits] if isinstance(logits, Tensor) else logits
    returns = torch.stack([_returns(each.detach(), lives, discount) for each in critics]).mean(0)
    others = (lives.sum(0) - lives).clamp(min=1)
    advantage = lives * (returns - (returns.sum(0) - returns) / others)
    return -(advantage * log).sum(1).mean() - returns.sum() / lives.sum().clamp(min=1)


def _returns(logits: Tensor, lives: Tensor, discount: float) -> Tensor:
    """Return what each symbol earned ``[B, T]``; 0 where a text has ended."""
    reward = 2 * logits.float().sigmoid() - 1
    if reward.dim() == 1:
        return reward.unsqueeze(1) * lives
    place = torch.arange(reward.shape[1], device=reward.device)
    later = place.unsqueeze(1) - place
    weights = (discount ** later.clamp(min=0).to(reward.dtype)) * (later >= 0)
    return (reward * lives) @ weights * lives
