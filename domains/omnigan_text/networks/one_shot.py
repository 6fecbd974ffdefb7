"""A generator that writes all symbols at once."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnigan_text.networks.generator import TextGenerator, tempered
from omnigan_text.networks.gumbel import Estimator, gumbel
from omnigan_text.networks.hugging_face import Settings, bidirectional
from omnigan_text.networks.language import END, Language

__all__ = ["OneShotWriter"]


class OneShotWriter(TextGenerator):
    """A bidirectional transformer that gives the logits of every place in one pass.

    Symbols do not see each other: what they agree on must be in the latent vector. There is thus no
    density in closed form, and no prefix that could stand fixed.

    Args:
        language: What it writes.
        width: Size of embeddings.
        z: Size of the latent vector.
        estimator: See :class:`~omnigan_text.networks.generator.TextGenerator`.
        settings: Keys of ``transformers.BertConfig``.
    """

    def __init__(
        self, language: Language, width: int, z: int, estimator: Estimator, settings: Settings
    ) -> None:
        super().__init__(language, width, z, estimator)
        self.body = bidirectional(width, language.length, settings)
        self.out = nn.Linear(width, language.symbols, bias=False)
        nn.init.normal_(self.out.weight, std=0.1 / width**0.5)

    def forward(
        self,
        noise: Tensor,
        length: Tensor | None = None,
        z: Tensor | None = None,
        label: Tensor | None = None,
        *,
        temperature: Tensor | None = None,
        relaxation: float = 1.0,
    ) -> Tensor:
        """Write texts; see :meth:`omnigan_text.networks.writer.Writer.forward`."""
        lengths = self._drawn(length, label)
        context = self._context(noise.shape[0], z, label, lengths)
        hidden = self.body(inputs_embeds=context).last_hidden_state
        logits = tempered(self._allowed(self.out(hidden).float() + self.bias), temperature)
        scores = logits + gumbel(noise)
        ended = self._ended(lengths, noise.shape[0])
        if self._relaxes():
            return self._relaxed(scores, logits, relaxation, ended)
        return torch.where(ended, END, scores.argmax(-1)).float()
