"""A discriminator that knows what to expect next."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnigan_text.networks.critic import Critic
from omnigan_text.networks.language import Language

__all__ = ["CausalCritic"]


class CausalCritic(Critic):
    """Holds each symbol against what it expects there, having read the symbols before.

    The logit of a place is an inner product of the symbol's embedding with a vector made of the
    state of a recurrent network, a projection (Miyato and Koyama 2018) on the text so far. Being
    linear in the symbol, its gradient says exactly how much better every other symbol would have
    been there, where other networks say it to first order; and it says so for every place.

    Args:
        language: What it reads.
        size: Of a symbol's embedding, E.
        width: Of the recurrent state.
        word_dropout: Share of the symbols before that are hidden in training (Bowman et al. 2016):
            what is expected must not hang on a single one. The symbol that is judged never is.
    """

    def __init__(self, language: Language, size: int, width: int, word_dropout: float) -> None:
        super().__init__(language, size)
        self.word_dropout = word_dropout
        self.first = nn.Parameter(torch.zeros(size))
        self.label = nn.Embedding(language.labels, size) if language.labels else None
        self.units = nn.GRU(size, width, batch_first=True)
        self.expected = nn.Linear(width, size)
        self.state = nn.Linear(width, 1)
        self.symbol = nn.Linear(size, 1, bias=False)

    def judge(self, embedded: Tensor, label: Tensor | None = None) -> Tensor:
        """Return logits ``[B, T]`` of embedded texts ``[B, T, E]``."""
        first = self.first.expand(len(embedded), 1, -1)
        before = torch.cat([first, self.table.placed(self._dropped(embedded))[:, :-1]], 1)
        if self.label is not None and label is not None:
            before = before + self.label(label).unsqueeze(1)
        # cuDNN's recurrent networks cannot be differentiated twice.
        with torch.backends.cudnn.flags(enabled=False):
            states, _ = self.units(before)
        fits = (self.expected(states) * embedded).sum(-1) + self.symbol(embedded).squeeze(-1)
        logits: Tensor = fits / embedded.shape[-1] ** 0.5 + self.state(states).squeeze(-1)
        return logits

    def _dropped(self, embedded: Tensor) -> Tensor:
        """Hide some symbols of ``[B, T, E]`` whole."""
        if not self.training or not self.word_dropout:
            return embedded
        kept = torch.rand(*embedded.shape[:2], 1, device=embedded.device) >= self.word_dropout
        return embedded * kept
