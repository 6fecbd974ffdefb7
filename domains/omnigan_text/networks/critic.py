"""What discriminators of texts share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor, nn

from omnigan_text.networks.language import Language
from omnigan_text.networks.table import SymbolTable

__all__ = ["Critic", "Verdict"]


class Critic(nn.Module, ABC):
    """A discriminator that looks at embeddings of symbols.

    Args:
        language: What it reads.
        size: Of a symbol's embedding, E.
        places: See :class:`~omnigan_text.networks.table.SymbolTable`.

    Attributes:
        reward_only: Whether its logits are a mere reward, and pass no gradient to what it reads.
    """

    reward_only = False

    def __init__(self, language: Language, size: int, places: bool = True) -> None:
        super().__init__()
        self.table = SymbolTable(language, size, places)

    def embed(self, x: Tensor) -> Tensor:
        """Embed ids ``[B, T]`` or relaxations ``[B, T, V]`` as ``[B, T, E]``."""
        embedded: Tensor = self.table(x.detach() if self.reward_only else x)
        return embedded

    @abstractmethod
    def judge(self, embedded: Tensor, label: Tensor | None = None) -> Tensor | Sequence[Tensor]:
        """Return logits of embedded texts ``[B, T, E]`` under labels ``[B]``."""

    def forward(self, x: Tensor, **cond: Tensor) -> Tensor | Sequence[Tensor]:
        """Return logits of ids ``[B, T]`` or relaxations ``[B, T, V]``."""
        return self.judge(self.embed(x), **cond)


class Verdict(nn.Module):
    """From features to a logit: how real they are, and how well they suit a label.

    The latter by projection (Miyato and Koyama 2018).

    Args:
        language: Has the labels.
        size: Of the features, F.
    """

    def __init__(self, language: Language, size: int) -> None:
        super().__init__()
        self.out = nn.Linear(size, 1)
        self.label = nn.Embedding(language.labels, size) if language.labels else None

    def forward(self, features: Tensor, label: Tensor | None) -> Tensor:
        """Return ``[B, ...]`` logits of features ``[B, ..., F]`` under labels ``[B]``."""
        logits: Tensor = self.out(features).squeeze(-1)
        if self.label is not None and label is not None:
            asked = self.label(label).view(len(label), *[1] * (features.dim() - 2), -1)
            logits = logits + (asked * features).sum(-1) / features.shape[-1] ** 0.5
        return logits
