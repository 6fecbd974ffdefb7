"""A generator that is a causal transformer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from omnigan.loops import Tensors
from omnigan_text.networks.gumbel import Estimator
from omnigan_text.networks.hugging_face import Settings, causal
from omnigan_text.networks.language import Language
from omnigan_text.networks.writer import Writer

if TYPE_CHECKING:
    from transformers import DynamicCache

__all__ = ["TransformerWriter"]


class TransformerWriter(Writer):
    """A GPT-2 (Radford et al. 2019) in a size of your own, with fresh weights.

    Args:
        language: What it writes.
        width: Size of embeddings.
        z: Size of the latent vector; 0 for none.
        estimator: See :class:`~omnigan_text.networks.generator.TextGenerator`.
        settings: Keys of ``transformers.GPT2Config``.
    """

    def __init__(
        self, language: Language, width: int, z: int, estimator: Estimator, settings: Settings
    ) -> None:
        super().__init__(language, width, z, estimator)
        self.body = causal(width, language.length, settings)
        self.out = nn.Linear(width, language.symbols, bias=False)
        nn.init.normal_(self.out.weight, std=0.1 / width**0.5)

    def begin(self, context: Tensor) -> DynamicCache | Tensors:
        """Return a cache of keys and values, empty; for an export, one that stays as large."""
        config = self.body.config
        if torch.compiler.is_exporting():
            sizes = config.n_head, self.language.length, config.n_embd // config.n_head
            kept = (context.new_zeros(len(context), *sizes) for _ in range(2 * config.n_layer))
            return torch.zeros((), dtype=torch.long, device=context.device), *kept
        from transformers import DynamicCache

        return DynamicCache(config=config)

    def step(self, seen: Tensor, state: Any) -> tuple[Tensor, Any]:
        if isinstance(state, tuple):
            return self._step_in_a_loop(seen, *state)
        given = {"inputs_embeds": seen.unsqueeze(1), "past_key_values": state, "use_cache": True}
        return self.out(self.body(**given).last_hidden_state.squeeze(1)), state

    def _step_in_a_loop(self, seen: Tensor, place: Tensor, *kept: Tensor) -> tuple[Tensor, Tensors]:
        """Do what the body does with one more place: its own way there cannot be traced."""
        cache = _Places(kept, place)
        before = (cache.places <= place).expand(len(seen), 1, 1, -1)
        hidden = seen.unsqueeze(1) + self.body.wpe(place)
        for block in self.body.h:
            hidden = block(hidden, past_key_values=cache, attention_mask=before)
        logits: Tensor = self.out(self.body.ln_f(hidden).squeeze(1))
        return logits, (place + 1, *cache.kept)

    def steps(self, seen: Tensor, state: Any) -> Tensor:
        hidden = self.body(inputs_embeds=seen, use_cache=False).last_hidden_state
        logits: Tensor = self.out(hidden)
        return logits


class _Places:
    """A cache of one size: keys and values of all places, of which those up to one are known.

    Args:
        kept: Keys and values of each layer in turn, ``[B, heads, T, size]`` each.
        place: ``[]``, where the next ones belong.
    """

    def __init__(self, kept: Sequence[Tensor], place: Tensor) -> None:
        self.kept = list(kept)
        self.places = torch.arange(kept[0].shape[2], device=place.device)
        self.here = (self.places == place).view(1, 1, -1, 1)

    def update(self, keys: Tensor, values: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """Put those of one place ``[B, heads, 1, size]`` into a layer, and return all of its."""
        for number, new in (2 * layer, keys), (2 * layer + 1, values):
            self.kept[number] = torch.where(self.here, new, self.kept[number])
        return self.kept[2 * layer], self.kept[2 * layer + 1]
