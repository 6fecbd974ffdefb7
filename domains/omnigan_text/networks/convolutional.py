"""A discriminator that looks at runs of symbols."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from omnigan_text.networks.critic import Critic, Verdict
from omnigan_text.networks.language import Language

__all__ = ["ConvolutionalCritic", "Runs"]

SLOPE = 0.2


class ConvolutionalCritic(Critic):
    """Convolutions of several widths, pooled over places by maximum and mean (Kim 2014).

    Args:
        language: What it reads.
        size: Of a symbol's embedding.
        width: Channels for each width of convolution.
        spans: The widths, in symbols.
    """

    def __init__(self, language: Language, size: int, width: int, spans: Sequence[int]) -> None:
        super().__init__(language, size)
        self.runs = Runs(size, width, spans)
        self.verdict = Verdict(language, self.runs.features)

    def judge(self, embedded: Tensor, label: Tensor | None = None) -> Tensor:
        """Return logits ``[B]`` of embedded texts ``[B, T, E]``."""
        features = self.runs(self.table.placed(embedded).transpose(1, 2))
        logits: Tensor = self.verdict(features, label)
        return logits


class Runs(nn.Module):
    """Features of runs of symbols, pooled over places.

    Args:
        size: Of what stands at a place, E.
        width: Channels for each width of convolution.
        spans: The widths, in symbols.

    Attributes:
        features: How many there are, F.
    """

    def __init__(self, size: int, width: int, spans: Sequence[int]) -> None:
        super().__init__()
        self.features = 2 * width
        self.spans = nn.ModuleList(
            nn.Conv1d(size, width, span, padding=span // 2) for span in spans
        )
        self.mix = nn.Linear(2 * width * len(spans), self.features)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[N, F]`` of ``[N, E, T]``."""
        length = x.shape[2]  # runs of even length have one place more
        runs = [leaky_relu(span(x)[..., -length:], SLOPE) for span in self.spans]
        pooled = torch.cat([f for run in runs for f in (run.amax(2), run.mean(2))], 1)
        return leaky_relu(self.mix(pooled), SLOPE)
