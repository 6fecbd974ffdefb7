"""A discriminator with several views of the same text."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from omnigan_text.networks.convolutional import Runs
from omnigan_text.networks.critic import Critic, Verdict
from omnigan_text.networks.language import Language

__all__ = ["RepresentationCritic"]


class RepresentationCritic(Critic):
    """One convolutional network reads each of several parts of the embeddings (Nie et al. 2019).

    Its logits are as many critics. A gradient penalty acts on each as if it were alone.

    Args:
        language: What it reads.
        size: Of a symbol's embedding; a multiple of the representations.
        width: Channels for each width of convolution.
        spans: The widths, in symbols.
        representations: Parts of an embedding, S.
    """

    def __init__(
        self, language: Language, size: int, width: int, spans: Sequence[int], representations: int
    ) -> None:
        super().__init__(language, size)
        self.representations = representations
        self.runs = Runs(size // representations, width, spans)
        self.verdict = Verdict(language, self.runs.features)

    def judge(self, embedded: Tensor, label: Tensor | None = None) -> list[Tensor]:
        """Return S logits ``[B]`` of embedded texts ``[B, T, E]``."""
        count, length, _ = embedded.shape
        parts = self.table.placed(embedded).view(count, length, self.representations, -1)
        features = self.runs(parts.permute(0, 2, 3, 1).flatten(0, 1))
        logits = self.verdict(features.view(count, self.representations, -1), label)
        return list(logits.unbind(1))
