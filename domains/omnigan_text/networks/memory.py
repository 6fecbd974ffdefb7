"""A generator with relational memory."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from omnigan_text.networks.gumbel import Estimator
from omnigan_text.networks.language import Language
from omnigan_text.networks.writer import Writer

__all__ = ["MemoryWriter"]


class MemoryWriter(Writer):
    """A relational memory core (Santoro et al. 2018), as RelGAN writes with (Nie et al. 2019).

    The memory is a few slots that attend to each other and to the newest symbol; gates decide how
    much of each slot is written anew.

    Args:
        language: What it writes.
        width: Size of embeddings and slots; a multiple of the heads.
        slots: Of the memory.
        heads: Of the attention.
        layers: Rounds of attention for each symbol.
        z: Size of the latent vector; 0 for none.
        estimator: See :class:`~omnigan_text.networks.generator.TextGenerator`.
    """

    def __init__(
        self,
        language: Language,
        width: int,
        *,
        slots: int,
        heads: int,
        layers: int,
        z: int,
        estimator: Estimator,
    ) -> None:
        super().__init__(language, width, z, estimator)
        self.slots = slots
        self.enter = nn.Linear(width, width)
        self.blocks = nn.ModuleList(_Block(width, heads) for _ in range(layers))
        self.gates_of_symbol = nn.Linear(width, 2 * width)
        self.gates_of_memory = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(slots * width, language.symbols, bias=False)
        nn.init.normal_(self.out.weight, std=0.1 / (slots * width) ** 0.5)

    def begin(self, context: Tensor) -> Tensor:
        """Return memory ``[B, S, width]`` in which no slot is like another."""
        rows = torch.eye(self.slots, self.size, dtype=context.dtype, device=context.device)
        return rows.expand(context.shape[0], -1, -1)

    def step(self, seen: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        memory = self._updated(seen, state)
        return self.out(memory.flatten(1)), memory

    def steps(self, seen: Tensor, state: Tensor) -> Tensor:
        memories = []
        for one in seen.unbind(1):
            state = self._updated(one, state)
            memories.append(state)
        logits: Tensor = self.out(torch.stack(memories, 1).flatten(2))
        return logits

    def _updated(self, seen: Tensor, memory: Tensor) -> Tensor:
        symbol = self.enter(seen).unsqueeze(1)
        rows = torch.cat([memory, symbol], 1)
        for block in self.blocks[:-1]:
            rows = block(rows, rows)
        wished = self.blocks[-1](rows[:, :-1], rows)
        gates = self.gates_of_symbol(symbol) + self.gates_of_memory(memory.tanh())
        write, keep = gates.chunk(2, -1)
        # A memory is kept at first: otherwise nothing early could be learned.
        updated: Tensor = write.sigmoid() * wished.tanh() + (keep + 1).sigmoid() * memory
        return updated


class _Block(nn.Module):
    """Attention of some rows to all, and two layers for each, both added and normalised."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.attended = nn.LayerNorm(width)
        self.think = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))
        self.thought = nn.LayerNorm(width)

    def forward(self, rows: Tensor, others: Tensor) -> Tensor:
        """Return what rows ``[B, N, width]`` become among others ``[B, M, width]``."""
        key, value = self.key_value(others).chunk(2, -1)
        query, key, value = (self._split(part) for part in (self.query(rows), key, value))
        found = scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        rows = self.attended(rows + found)
        out: Tensor = self.thought(rows + self.think(rows))
        return out

    def _split(self, rows: Tensor) -> Tensor:
        """Return ``[B, heads, N, width / heads]``."""
        return rows.view(*rows.shape[:2], self.heads, -1).transpose(1, 2)
