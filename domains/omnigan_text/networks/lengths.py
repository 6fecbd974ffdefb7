"""How long texts are."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from omnigan_text.networks.gumbel import uniform

__all__ = ["Lengths"]


class Lengths(nn.Module):
    """Draws the length of a text as the training texts have it, and tells each place what is left.

    A generator that chooses where to end learns to end early: every further symbol is one more that
    its critic may see through, and no gradient says what would have come after an end.

    Args:
        most: Symbols of the longest text, without its end.
        labels: Kinds of texts, each with lengths of its own; 0 for one kind.
        size: Of what places are told.
    """

    shares: Tensor

    def __init__(self, most: int, labels: int, size: int) -> None:
        super().__init__()
        kinds = max(labels, 1)
        self.register_buffer("shares", torch.full((kinds, most + 1), 1 / (most + 1)))
        self.left = nn.Embedding(most + 1, size)
        nn.init.normal_(self.left.weight, std=0.1)

    @torch.no_grad()
    def count(self, lengths: Tensor, label: Tensor | None = None) -> None:
        """Take the shares of lengths ``[N]`` under labels ``[N]``.

        Every length counts as if a fraction of one more text had it, so that none is impossible.
        """
        kinds, every = self.shares.shape
        kind = torch.zeros_like(lengths) if label is None else label
        counts = torch.full((kinds, every), 1 / every)
        counts.index_put_((kind, lengths), torch.ones(len(lengths)), accumulate=True)
        self.shares.copy_(counts / counts.sum(1, keepdim=True))

    def draw(self, noise: Tensor, label: Tensor | None, least: Tensor | int = 0) -> Tensor:
        """Return a length ``[B]`` for each of normal draws ``[B, 1]``.

        Args:
            noise: Standard normal: the larger, the longer.
            label: ``[B]``, where there are labels.
            least: No text is shorter, ``[B]``.
        """
        kind = torch.zeros_like(noise[:, 0], dtype=torch.long) if label is None else label
        shorter = nn.functional.pad(self.shares[kind].cumsum(1)[:, :-1], (1, 0))
        least = torch.as_tensor(least, device=noise.device).expand(noise.shape[0]).long()
        start = shorter.gather(1, least.unsqueeze(1))
        share = start + (1 - start) * uniform(noise)
        # A share that is rounded to where it starts would be one too short.
        return (share > shorter[:, 1:]).sum(1).maximum(least)

    def log_share(self, lengths: Tensor, label: Tensor | None) -> Tensor:
        """Return how likely lengths ``[B]`` are, in nats."""
        kind = torch.zeros_like(lengths) if label is None else label
        return self.shares[kind, lengths].log()

    def forward(self, lengths: Tensor, places: int) -> Tensor:
        """Return what each place of texts of lengths ``[B]`` is told, ``[B, places, size]``."""
        left = lengths.unsqueeze(1) - torch.arange(places, device=lengths.device)
        told: Tensor = self.left(left.clamp(min=0))
        return told
