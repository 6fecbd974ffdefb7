"""A checksum of everything that is trained, computed where it is."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from omnigan.engine.players import Players

__all__ = ["checksum"]

FACTOR = 0x9E3779B97F4A7C15
"""Odd, so that no bit is lost; from the golden ratio, so that it looks like nothing else."""


def checksum(players: Players) -> int:
    """Return 64 bits that change with any one bit of the weights, their average and the optimisers.

    Each number counts by its bits times an odd factor of its place, modulo 2 to the 64.
    """
    total = 0
    for value in _tensors(players):
        total = (total * FACTOR + _sum(value)) % 2**64
    return total


def _tensors(players: Players) -> Iterator[Tensor]:
    for network in (players.generator, players.discriminator, players.average):
        yield from network.state_dict().values()
    for optimizer in (players.optimizers.generator, players.optimizers.discriminator):
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                yield from optimizer.state.get(parameter, {}).values()


def _sum(value: Tensor) -> int:
    """Return a sum of the bits of a tensor, modulo 2 to the 64."""
    flat = value.detach().contiguous().reshape(-1)
    wide = {4: torch.int32, 8: torch.int64}.get(flat.element_size(), torch.uint8)
    bits = flat.view(wide).to(torch.int64)
    factors = torch.arange(len(bits), device=bits.device).mul_(2).add_(1)
    return int((bits * factors).sum())  # what is beyond 64 bits is lost, as it should be
