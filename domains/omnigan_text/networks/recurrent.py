"""A generator with gated recurrent units."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnigan_text.networks.gumbel import Estimator
from omnigan_text.networks.language import Language
from omnigan_text.networks.writer import Writer

__all__ = ["RecurrentWriter"]


class RecurrentWriter(Writer):
    """One or more layers of gated recurrent units (Cho et al. 2014).

    Args:
        language: What it writes.
        width: Size of embeddings and states.
        layers: How many.
        z: Size of the latent vector; 0 for none.
        estimator: See :class:`~omnigan_text.networks.generator.TextGenerator`.
    """

    def __init__(
        self, language: Language, width: int, layers: int, z: int, estimator: Estimator
    ) -> None:
        super().__init__(language, width, z, estimator)
        self.units = nn.GRU(width, width, layers, batch_first=True)
        self.out = nn.Linear(width, language.symbols, bias=False)
        nn.init.normal_(self.out.weight, std=0.1 / width**0.5)

    def begin(self, context: Tensor) -> Tensor:
        return context.new_zeros(self.units.num_layers, *context.shape)

    def step(self, seen: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        states = []
        for layer, before in enumerate(state.unbind()):
            seen = torch.gru_cell(seen, before, *self.units.all_weights[layer])
            states.append(seen)
        return self.out(seen), torch.stack(states)

    def steps(self, seen: Tensor, state: Tensor) -> Tensor:
        hidden, _ = self.units(seen, state)
        logits: Tensor = self.out(hidden)
        return logits
