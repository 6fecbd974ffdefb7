"""How far a generator is from an oracle: both densities are known, so nothing is left to judgement.

All are Monte Carlo estimates with standard errors, from sequences that either side drew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from omnigan.domain import Batch, Density

__all__ = ["Divergences", "Estimate", "divergences"]


@dataclass(frozen=True)
class Estimate:
    """A mean and its standard error."""

    value: float
    error: float

    @classmethod
    def of(cls, values: Tensor) -> Estimate:
        """Return the mean of independent values ``[N]``."""
        return cls(float(values.mean()), float(values.std()) / math.sqrt(len(values)))

    def scaled(self, factor: float) -> Estimate:
        """Return the estimate of a multiple."""
        return Estimate(self.value * factor, self.error * factor)


@dataclass(frozen=True)
class Divergences:
    """Distances between a generator's distribution G and an oracle's O over whole sequences.

    Attributes:
        generator_oracle: KL(G||O) in nats a token: large where the generator writes what the
            oracle would not.
        oracle_generator: KL(O||G) in nats a token: large where it leaves out what the oracle
            writes.
        jensen_shannon: Jensen-Shannon divergence over ln 2: 0 of equal distributions, 1 of those
            that have nothing in common.
    """

    generator_oracle: Estimate
    oracle_generator: Estimate
    jensen_shannon: Estimate


def divergences(generated: Batch, drawn: Batch, density: Density, oracle: Density) -> Divergences:
    """Estimate the divergences.

    Args:
        generated: Sequences ``[N, T]`` that the generator made.
        drawn: Sequences ``[M, T]`` that the oracle drew, and the generator was not trained on.
        density: Of the generator.
        oracle: The density of the oracle.
    """
    length = generated.x.shape[1]
    over, under = (density(batch).double() - oracle(batch).double() for batch in (generated, drawn))
    mine, other = _against_mixture(over), _against_mixture(-under)
    return Divergences(
        Estimate.of(over).scaled(1 / length),
        Estimate.of(-under).scaled(1 / length),
        Estimate(
            (mine.value + other.value) / 2 / math.log(2),
            math.hypot(mine.error, other.error) / 2 / math.log(2),
        ),
    )


def _against_mixture(log_ratio: Tensor) -> Estimate:
    """Return KL(P || (P + Q) / 2) from ``log P - log Q`` of what P drew, ``[N]``."""
    return Estimate.of(math.log(2) - torch.nn.functional.softplus(-log_ratio))
