"""A discriminator that reads from left to right."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnigan_text.networks.critic import Critic, Verdict
from omnigan_text.networks.language import Language

__all__ = ["SequentialCritic"]


class SequentialCritic(Critic):
    """A recurrent network that judges each symbol by what stands before it.

    As in ScratchGAN (de Masson d'Autume et al. 2019), where that gives a reward for each symbol;
    here with gated recurrent units.

    Args:
        language: What it reads.
        size: Of a symbol's embedding.
        width: Of the recurrent state.
    """

    def __init__(self, language: Language, size: int, width: int) -> None:
        super().__init__(language, size)
        self.units = _NormalisedUnits(size, width)
        self.verdict = Verdict(language, width)

    def judge(self, embedded: Tensor, label: Tensor | None = None) -> Tensor:
        """Return logits ``[B, T]`` of embedded texts ``[B, T, E]``."""
        logits: Tensor = self.verdict(self.units(self.table.placed(embedded)), label)
        return logits


class _NormalisedUnits(nn.Module):
    """Gated recurrent units (Cho et al. 2014) with layer normalisation (Ba et al. 2016).

    Of operations that can be differentiated twice everywhere; fused ones cannot.
    """

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.see = nn.Linear(size, 3 * width, bias=False)
        self.remember = nn.Linear(width, 3 * width, bias=False)
        self.seen = nn.LayerNorm(3 * width)
        self.remembered = nn.LayerNorm(3 * width)

    def forward(self, x: Tensor) -> Tensor:
        """Return states ``[B, T, width]`` after each of ``[B, T, size]``."""
        state = x.new_zeros(len(x), self.width)
        states = []
        for seen in self.seen(self.see(x)).unbind(1):
            reset, update, new = seen.chunk(3, 1)
            old = self.remembered(self.remember(state)).chunk(3, 1)
            reset, update = (reset + old[0]).sigmoid(), (update + old[1]).sigmoid()
            new = (new + reset * old[2]).tanh()
            state = new + update * (state - new)  # lerp would not mix precisions under autocast
            states.append(state)
        return torch.stack(states, 1)
