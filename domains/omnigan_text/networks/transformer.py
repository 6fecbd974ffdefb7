"""A generator that is a causal transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

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

    def begin(self, context: Tensor) -> DynamicCache:
        """Return a cache of keys and values, empty."""
        from transformers import DynamicCache

        return DynamicCache(config=self.body.config)

    def step(self, seen: Tensor, state: DynamicCache) -> tuple[Tensor, DynamicCache]:
        given = {"inputs_embeds": seen.unsqueeze(1), "past_key_values": state, "use_cache": True}
        return self.out(self.body(**given).last_hidden_state.squeeze(1)), state

    def steps(self, seen: Tensor, state: DynamicCache) -> Tensor:
        hidden = self.body(inputs_embeds=seen, use_cache=False).last_hidden_state
        logits: Tensor = self.out(hidden)
        return logits
