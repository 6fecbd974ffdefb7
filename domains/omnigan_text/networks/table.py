"""How discriminators see symbols."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from omnigan_text.networks.language import Language
from omnigan_text.networks.lookup import look_up

__all__ = ["SymbolTable"]


class SymbolTable(nn.Module):
    """Embeddings of one length, so that a gradient with respect to them has a scale.

    A table that may grow or shrink could evade a gradient penalty of any weight.

    Args:
        language: What is embedded.
        size: Of an embedding, E; its length is the root of that.
        places: Whether to learn what tells places apart, for :meth:`placed`.
    """

    def __init__(self, language: Language, size: int, places: bool = True) -> None:
        super().__init__()
        self.rows = nn.Parameter(torch.randn(language.symbols, size))
        self.places = nn.Parameter(torch.randn(language.length, size).mul_(0.1)) if places else None

    def forward(self, x: Tensor) -> Tensor:
        """Embed ids ``[B, T]`` or relaxations ``[B, T, V]`` as ``[B, T, E]``."""
        rows = normalize(self.rows, dim=1) * self.rows.shape[1] ** 0.5
        return look_up(x.long() if x.dim() == 2 else x, rows)

    def placed(self, embedded: Tensor) -> Tensor:
        """Tell each symbol where it stands."""
        return embedded if self.places is None else embedded + self.places
