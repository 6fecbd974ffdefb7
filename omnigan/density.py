"""The log-likelihoods of any number of examples under one generator."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from omnigan.domain import Batch, Conditions, Domain
from omnigan.engine import seeds
from omnigan.errors import NoDensity

__all__ = ["ChunkedDensity"]

CHUNK = 64


@dataclass(frozen=True, eq=False)
class ChunkedDensity:
    """A :data:`omnigan.domain.Density`: the same number for an example at every call.

    Attributes:
        domain: Knows the likelihood.
        network: The generator, in evaluation mode.
        device: Where it lives.
        asked: Conditions ``[1, ...]`` of every example, besides those of the batch.
        seed: Of latent vectors, where the likelihood is an estimate.
    """

    domain: Domain
    network: nn.Module
    device: torch.device
    asked: Conditions
    seed: int

    def __call__(self, batch: Batch) -> Tensor:
        """Return ``[N]`` nats, on the CPU and without graph."""
        return torch.cat([self._chunk(batch, first) for first in range(0, len(batch), CHUNK)])

    def known(self, example: Batch) -> bool:
        """Tell whether the generator has a density at all, by trying some examples."""
        try:
            self._chunk(example, 0)
        except NoDensity:
            return False
        return True

    def _chunk(self, batch: Batch, first: int) -> Tensor:
        # Always a full chunk: kernels differ in the last bit between batch sizes.
        rows = torch.arange(first, first + CHUNK).clamp(max=len(batch) - 1)
        cond = {name: value[rows] for name, value in batch.cond.items()}
        cond |= {name: value.expand(CHUNK, *value.shape[1:]) for name, value in self.asked.items()}
        part = Batch(batch.x[rows], cond).to(self.device)
        rng = seeds.generator(self.seed, "density", first)
        with torch.no_grad():
            found = self.domain.log_likelihood(self.network, part, rng)
        return found[: len(batch) - first].cpu()
