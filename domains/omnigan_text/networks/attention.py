"""A discriminator that is a transformer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnigan_text.networks.critic import Critic, Verdict
from omnigan_text.networks.hugging_face import Settings, bidirectional
from omnigan_text.networks.language import Language

__all__ = ["AttentionCritic"]


class AttentionCritic(Critic):
    """A BERT (Devlin et al. 2019) in a size of your own, with fresh weights.

    A learned token stands before the text; what becomes of it, and the mean of what becomes of the
    text, are judged.

    Args:
        language: What it reads.
        size: Of a symbol's embedding.
        width: Of the transformer.
        settings: Keys of ``transformers.BertConfig``.
    """

    def __init__(self, language: Language, size: int, width: int, settings: Settings) -> None:
        super().__init__(language, size, places=False)
        self.enter = nn.Linear(size, width)
        self.token = nn.Parameter(torch.randn(width).mul_(0.5))
        self.body = bidirectional(width, language.length + 1, settings, twice=True)
        self.verdict = Verdict(language, 2 * width)

    def judge(self, embedded: Tensor, label: Tensor | None = None) -> Tensor:
        """Return logits ``[B]`` of embedded texts ``[B, T, E]``."""
        token = self.token.expand(len(embedded), 1, -1)
        rows = torch.cat([token, self.enter(embedded)], 1)
        read = self.body(inputs_embeds=rows).last_hidden_state
        logits: Tensor = self.verdict(torch.cat([read[:, 0], read[:, 1:].mean(1)], 1), label)
        return logits
